import { exampleInput, propertiesOf, type InputProblem } from './check-inputs.js';
import { isJsonObject, type JsonObject } from './json-value.js';
import { didYouMean } from './suggest.js';

/** What `key=value` words say, and which of them say nothing. */
export interface SetInputs {
  readonly inputs: JsonObject;
  readonly problems: readonly InputProblem[];
}

/**
 * Turns `key=value` words into inputs. An input that the schema calls a string takes the value literally; every other is read
 * as JSON, and as text when it is not JSON, so that the schema check can say what it should have been. A dotted key reaches
 * into an object. A word without `=` or key is a problem.
 */
export function readSetInputs(words: readonly string[], schema: JsonObject): SetInputs {
  const inputs: JsonObject = {};
  const problems: InputProblem[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, Math.max(at, 0)).trim();
    if (key === '') problems.push(malformed(word, propertiesOf(schema)));
    else {
      const path = key.split('.');
      assign(inputs, path, readValue(word.slice(at + 1), typeAt(schema, path)));
    }
  }
  return { inputs, problems };
}

function malformed(word: string, properties: JsonObject): InputProblem {
  const known = Object.keys(properties);
  const meant = known.includes(word.trim()) ? word.trim() : undefined;
  const example = exampleInput(meant ?? known[0] ?? '', properties) ?? `${meant ?? 'key'}=value`;
  const path = word.trim() === '' ? '--set' : word;
  return { path, rule: `is not key=value.${meant === undefined ? didYouMean(word, known) : ''}`.replace(/\.$/, ''), example };
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
