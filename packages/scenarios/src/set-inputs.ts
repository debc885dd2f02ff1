import { MacpError } from '@macp-agent/protocol';
import { isJsonObject, type JsonObject } from './json-value.js';

/**
 * Turns `key=value` words into inputs. An input that the schema calls a string takes the value literally; every other is read
 * as JSON, and as text when it is not JSON, so that the schema check can say what it should have been. A dotted key reaches
 * into an object. Throws VALIDATION_ERROR for a word without `=` or key.
 */
export function parseSetInputs(words: readonly string[], schema: JsonObject): JsonObject {
  const inputs: JsonObject = {};
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, Math.max(at, 0)).trim();
    if (key === '')
      throw new MacpError('VALIDATION_ERROR', `--set ${word} is not key=value, for example --set transactionAmount=12500`, { context: { path: word } });
    const path = key.split('.');
    assign(inputs, path, readValue(word.slice(at + 1), typeAt(schema, path)));
  }
  return inputs;
}

function readValue(text: string, type: unknown): unknown {
  if (type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema check names the input and what it must be.
    return text;
  }
}

function typeAt(schema: JsonObject, path: readonly string[]): unknown {
  let at: unknown = schema;
  for (const key of path) {
    const properties: unknown = isJsonObject(at) ? at['properties'] : undefined;
    at = isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  }
  return isJsonObject(at) ? at['type'] : undefined;
}

function assign(inputs: JsonObject, path: readonly string[], value: unknown): void {
  let at = inputs;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    const inner: JsonObject = isJsonObject(next) ? next : {};
    define(at, key, inner);
    at = inner;
  }
  define(at, path.at(-1) ?? '', value);
}

/** Own property even for keys such as `__proto__`. */
const define = (target: JsonObject, key: string, value: unknown): unknown =>
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
