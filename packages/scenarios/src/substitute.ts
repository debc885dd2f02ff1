import { MacpError } from '@macp-agent/protocol';
import { isJsonObject, type JsonObject } from './json-value.js';

const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}/g;
const ONLY_PLACEHOLDER = /^\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}$/;

/**
 * Replaces `{{ path }}` in every string of a value, deep; keys stay as they are. A string that is one placeholder takes the
 * value with its type; inside text the value is written as a string. Throws COMPILATION_ERROR for a path without a value.
 */
export function substitute<T>(value: T, scope: JsonObject): T {
  return replace(value, scope) as T;
}

function replace(value: unknown, scope: JsonObject): unknown {
  if (typeof value === 'string') return replaceText(value, scope);
  if (Array.isArray(value)) return value.map((item) => replace(item, scope));
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, scope)]));
  return value;
}

function replaceText(text: string, scope: JsonObject): unknown {
  const whole = ONLY_PLACEHOLDER.exec(text);
  if (whole !== null) return lookUp(whole[1] ?? '', scope);
  return text.replaceAll(PLACEHOLDER, (_, path: string) => asText(lookUp(path, scope)));
}

const asText = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));

function lookUp(path: string, scope: JsonObject): unknown {
  let value: unknown = scope;
  for (const part of path.split('.')) {
    const next: unknown =
      Array.isArray(value) && /^\d+$/.test(part) ? value[Number(part)] : isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    if (next === undefined) throw new MacpError('COMPILATION_ERROR', `undefined placeholder: {{ ${path} }}`, { context: { path } });
    value = next;
  }
  return value;
}
