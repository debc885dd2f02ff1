/**
 * A map that keeps its latest entries: at least `limit`, at most twice as many. Two generations, because deleting one entry for each
 * new one costs more than the message it is about.
 */
export class RecentMap<V> {
  readonly #limit: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Adds an entry; false when there is one of this key already, which keeps its place. */
  add(key: string, value: V): boolean {
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    if (this.#old.has(key)) return false;
    // Its size tells whether the key was new, without a look-up more.
    const { size } = this.#young;
    return this.#young.set(key, value).size > size;
  }

  /** In the order in which they were added. */
  values(): V[] {
    return [...this.#old.values(), ...this.#young.values()];
  }
}
