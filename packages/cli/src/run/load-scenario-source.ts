import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import {
  findScenario,
  isScenarioPath,
  loadPacks,
  loadScenarioFile,
  parseSetInputs,
  type JsonObject,
  type PackCatalog,
  type Scenario,
} from '@macp-agent/scenarios';
import type { Config } from '../config.js';

/** The catalog of all roots: `--packs` first, then those of the configuration. */
export function openCatalog(config: Config, packs: readonly string[] = []): PackCatalog {
  return loadPacks([...packs.map((root) => resolve(config.cwd, root)), ...config.packRoots]);
}

/** The catalog of a folder: a packs root, or one pack alone. Undefined when it is neither. */
export function openFolder(path: string): PackCatalog | undefined {
  if (!existsSync(path)) return undefined;
  const below = loadPacks([path]);
  if (below.packs.size > 0) return below;
  const around = loadPacks([dirname(path)]);
  const own = [...around.packs].filter(([, { folder }]) => folder === path);
  return own.length === 0 ? undefined : { ...around, packs: new Map(own) };
}

/** The scenario that a word of the command line names: a reference, or the path of a scenario.yaml. */
export function openScenario(config: Config, word: string, packs?: readonly string[]): Scenario {
  if (isScenarioPath(word)) return loadScenarioFile(resolve(config.cwd, word));
  return findScenario(openCatalog(config, packs), word);
}

/** Inputs of `--inputs` with those of `--set` on top. Throws INVALID_OPTIONS or VALIDATION_ERROR. */
export function readInputs(
  config: Config,
  scenario: Scenario,
  { inputs, set = [] }: { readonly inputs?: string | undefined; readonly set?: readonly string[] | undefined },
): JsonObject {
  const fromFile = inputs === undefined ? {} : readJsonObject(resolve(config.cwd, inputs), '--inputs');
  return { ...fromFile, ...parseSetInputs(set, scenario.document.spec.inputs.schema) };
}

function readJsonObject(path: string, option: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${option} ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error, context: { path } });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MacpError('INVALID_OPTIONS', `${option} ${path} must hold a JSON object, for example {"transactionAmount": 12500}`, { context: { path } });
  return value as JsonObject;
}
