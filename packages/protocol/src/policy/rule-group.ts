/** A rule member of the wrong JSON type, or out of bounds at registration. Registration refuses it and evaluation fails closed. */
export class RuleTypeError extends Error {}

/** A rules object as JSON has it. */
export type Rules = Readonly<Record<string, unknown>>;

/** How rules are read: `registration` also applies the bounds of the rule schemas, `evaluation` only the JSON types (modes.md §11.3, M-14). */
export type RuleReading = 'registration' | 'evaluation';

interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/** Typed access to one group of a rules object; an absent member takes the default. */
export class RuleGroup {
  readonly #path: string;
  readonly #members: Rules;
  readonly #reading: RuleReading;

  constructor(path: string, members: unknown, reading: RuleReading) {
    this.#path = path;
    this.#reading = reading;
    if (members === undefined) this.#members = {};
    else if (isObject(members)) this.#members = members;
    else throw new RuleTypeError(`${path === '' ? 'rules' : path} must be an object`);
  }

  group(name: string): RuleGroup {
    return new RuleGroup(this.#join(name), this.#own(name), this.#reading);
  }
  boolean(name: string, fallback: boolean): boolean {
    return this.#typed(name, fallback, 'a boolean', (value) => typeof value === 'boolean');
  }
  string(name: string, fallback: string): string {
    return this.#typed(name, fallback, 'a string', (value) => typeof value === 'string');
  }
  /** A word of a closed list; evaluation takes every string and gives unknown words a documented meaning. */
  word(name: string, fallback: string, words: readonly string[]): string {
    const value = this.string(name, fallback);
    this.#bound(name, words.includes(value), `one of ${words.join(', ')}`);
    return value;
  }
  /** A non-negative integer, of which registration may ask a minimum. */
  integer(name: string, fallback: number, min = 0): number {
    const value = this.#typed(name, fallback, 'a non-negative integer', (item) => Number.isInteger(item) && (item as number) >= 0);
    this.#bound(name, value >= min, `at least ${min}`);
    return value;
  }
  number(name: string, fallback: number, bounds: NumberBounds): number {
    const { min = -Infinity, max = Infinity, integer = false } = bounds;
    const value = this.#typed(name, fallback, 'a number', (item) => typeof item === 'number');
    const range = max === Infinity ? `at least ${min}` : `between ${min} and ${max}`;
    this.#bound(name, value >= min && value <= max && (!integer || Number.isInteger(value)), integer ? `an integer, ${range}` : range);
    return value;
  }
  strings(name: string): readonly string[] {
    return this.#typed<readonly string[]>(name, [], 'an array of strings', (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'));
  }
  /** Numbers by name, none below zero at registration. */
  weights(name: string): Readonly<Record<string, number>> {
    const weights = this.#typed<Readonly<Record<string, number>>>(
      name,
      {},
      'an object of numbers',
      (value) => isObject(value) && Object.values(value).every((item) => typeof item === 'number'),
    );
    for (const [key, weight] of Object.entries(weights)) this.#bound(`${name}.${key}`, weight >= 0, 'at least 0');
    return weights;
  }
  /** A condition over several members, asked at registration only. */
  require(name: string, holds: boolean, rule: string): void {
    this.#bound(name, holds, rule);
  }

  #typed<T>(name: string, fallback: T, rule: string, fits: (value: unknown) => boolean): T {
    const value = this.#own(name);
    if (value === undefined) return fallback;
    if (!fits(value)) throw new RuleTypeError(`${this.#join(name)} must be ${rule}`);
    return value as T;
  }
  #bound(name: string, holds: boolean, rule: string): void {
    if (this.#reading === 'registration' && !holds) throw new RuleTypeError(`${this.#join(name)} must be ${rule}`);
  }
  #own(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
  #join(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/** The whole rules object of a policy. */
export function ruleRoot(rules: Rules, reading: RuleReading): RuleGroup {
  return new RuleGroup('', rules, reading);
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
