import { isJsonObject, type JsonObject } from './json-value.js';
import type { ScenarioDocument } from './scenario-document.js';
import type { TemplateDocument } from './template-document.js';

/** The scenario as a template changes it: `runtime` shallow; `launch` and `execution` deep, lists replaced whole; `expected` replaced. */
export function mergeTemplate(document: ScenarioDocument, template: TemplateDocument | undefined): ScenarioDocument['spec'] {
  const { spec } = document;
  const overrides = template?.spec?.overrides;
  const outputs = { ...spec.outputs, ...template?.spec?.outputs };
  return {
    ...spec,
    runtime: { ...spec.runtime, ...overrides?.runtime },
    launch: deepMerge(spec.launch, overrides?.launch),
    execution: deepMerge(spec.execution ?? {}, overrides?.execution),
    outputs: template?.spec?.outputs?.expected === undefined && overrides !== undefined ? without(outputs, 'expected') : outputs,
  };
}

/** What was expected of other settings says nothing about these. */
function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

function deepMerge<T extends object>(base: T, changes: Partial<T> | undefined): T {
  return changes === undefined ? base : (mergeObjects(base as JsonObject, changes as JsonObject) as T);
}

function mergeObjects(base: JsonObject, changes: JsonObject): JsonObject {
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    Object.defineProperty(merged, key, {
      value: isJsonObject(before) && isJsonObject(value) ? mergeObjects(before, value) : value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return merged;
}
