import { foundType, type BootstrapProblem, type BootstrapStep } from './bootstrap-problem.js';

/** Environment variables as a plain object. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One field of a bootstrap: its nested name, every spelling in the order of preference, and what to say when it is wrong. */
export interface Field {
  readonly path: string;
  readonly from: readonly string[];
  readonly env?: string;
  readonly step: BootstrapStep;
  readonly fix: string;
}

type JsonObject = Record<string, unknown>;
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/**
 * A document while it is being read: looks a field up under all its names, converts loose types, gathers every problem
 * and warning, and remembers what was read so that the rest can be kept.
 */
export class BootstrapDocument {
  readonly problems: BootstrapProblem[] = [];
  readonly warnings: string[] = [];
  readonly root: JsonObject;
  readonly #env: Env;
  readonly #read = new Set<string>();

  constructor(root: JsonObject, env: Env) {
    this.root = root;
    this.#env = env;
  }

  problem(field: Pick<Field, 'path' | 'step' | 'fix'>, rule: string, value: unknown): undefined {
    this.problems.push({ path: field.path, rule, found: foundType(value), step: field.step, fix: field.fix });
    return undefined;
  }

  warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Value of an environment variable; the empty string counts as unset. */
  env(name: string | undefined): string | undefined {
    const value = name === undefined ? undefined : this.#env[name];
    return value === '' ? undefined : value;
  }

  /** First defined value under the names of the field, and under which name; null counts as absent. */
  find(field: Pick<Field, 'from'>): { value: unknown; at: string } | undefined {
    let first: { value: unknown; at: string } | undefined;
    for (const at of field.from) {
      const value = this.#at(at);
      if (value === undefined || value === null) continue;
      this.#read.add(at);
      if (first === undefined) first = { value, at };
      else if (JSON.stringify(value) !== JSON.stringify(first.value)) this.warn(`${at} is ignored: ${first.at} says something else and wins`);
      else if (shapeOf(at) !== shapeOf(first.at)) this.warn(`${at} repeats ${first.at}; one of the two is enough`);
    }
    return first;
  }

  string(field: Field): string | undefined {
    const found = this.find(field);
    if (found === undefined || found.value === '') {
      const fallback = this.env(field.env);
      // An empty string in the file and nothing in the environment: the caller says that it is missing.
      return fallback ?? (found === undefined ? undefined : '');
    }
    const { value, at } = found;
    const fromEnv = this.env(field.env);
    if (fromEnv !== undefined && fromEnv !== String(value)) this.warn(`${at} and the variable ${field.env} differ; the document wins`);
    if (typeof value === 'number' || typeof value === 'boolean') {
      this.warn(`${at} should be a string, not ${foundType(value)}; taken as text`);
      return String(value);
    }
    if (typeof value !== 'string') return this.problem(field, 'must be a string', value);
    return value;
  }

  required(field: Field, rule = 'is required'): string {
    const before = this.problems.length;
    const value = this.string(field);
    if (value !== undefined && value.trim() !== '') return value;
    if (this.problems.length === before) this.problem(field, rule, value);
    return '';
  }

  /** A string that may be missing; an empty one counts as missing. */
  optional(field: Field): string | undefined {
    const value = this.string(field);
    return value === undefined || value.trim() === '' ? undefined : value;
  }

  boolean(field: Field): boolean | undefined {
    const found = this.find(field);
    const fromEnv = this.env(field.env);
    if (found === undefined)
      return fromEnv === undefined ? undefined : (toBoolean(fromEnv) ?? this.problem(field, `must be true or false (variable ${field.env})`, fromEnv));
    if (typeof found.value === 'boolean') return found.value;
    const loose = typeof found.value === 'string' ? toBoolean(found.value) : undefined;
    if (loose === undefined) return this.problem(field, 'must be true or false', found.value);
    this.warn(`${found.at} should be a boolean, not text; taken as ${loose}`);
    return loose;
  }

  integer(field: Field, min: number, max: number): number | undefined {
    const found = this.find(field);
    const raw = found?.value ?? this.env(field.env);
    if (raw === undefined) return undefined;
    const value = typeof raw === 'string' && /^\s*-?\d+\s*$/.test(raw) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      return this.problem(field, `must be a whole number from ${min} to ${max}`, raw);
    if (found !== undefined && typeof raw === 'string') this.warn(`${found.at} should be a number, not text; taken as ${value}`);
    return value;
  }

  strings(field: Field): string[] | undefined {
    const found = this.find(field);
    if (found === undefined) return undefined;
    const { value } = found;
    // A copy, because an array may have holes, which `some` does not visit.
    if (!Array.isArray(value) || [...(value as unknown[])].some((item) => typeof item !== 'string' || item === ''))
      return this.problem(field, 'must be a list of non-empty strings', value);
    return value as string[];
  }

  object(field: Field): JsonObject | undefined {
    const found = this.find(field);
    if (found === undefined) return this.#objectFromEnv(field);
    return isJsonObject(found.value) ? found.value : this.problem(field, 'must be an object', found.value);
  }

  #objectFromEnv(field: Field): JsonObject | undefined {
    const text = this.env(field.env);
    if (text === undefined) return undefined;
    const value = parseJson(text);
    return isJsonObject(value) ? value : this.problem(field, `must be a JSON object (variable ${field.env})`, text);
  }

  /** What no field has read, with its place kept. */
  rest(): JsonObject {
    return this.#rest(this.root, '') ?? {};
  }

  #rest(value: JsonObject, prefix: string): JsonObject | undefined {
    const kept: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      if (this.#read.has(path)) continue;
      const inner = isJsonObject(item) && this.#readBelow(path) ? this.#rest(item, path) : item;
      if (inner !== undefined) kept[key] = inner;
    }
    return Object.keys(kept).length === 0 ? undefined : kept;
  }

  #readBelow(path: string): boolean {
    for (const read of this.#read) if (read.startsWith(`${path}.`)) return true;
    return false;
  }

  #at(path: string): unknown {
    let value: unknown = this.root;
    for (const key of path.split('.')) {
      if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
      value = value[key];
    }
    return value;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const TRUE: ReadonlySet<string> = new Set(['true', '1', 'yes', 'on']);
const FALSE: ReadonlySet<string> = new Set(['false', '0', 'no', 'off']);

/** `1`, `true`, `yes`, `on` and their opposites, in any case. */
export function toBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

const NESTED: ReadonlySet<string> = new Set(['run', 'participant', 'runtime', 'session', 'execution', 'agent', 'cancelCallback']);
const shapeOf = (path: string): 'nested' | 'flat' => (NESTED.has(path.split('.')[0] ?? '') ? 'nested' : 'flat');
