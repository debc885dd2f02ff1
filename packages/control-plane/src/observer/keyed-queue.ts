/** Work of one key runs in the order of its calls; that of different keys at the same time. The work must not reject. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<void>>();

  /** Keys with work to do. */
  get size(): number {
    return this.#last.size;
  }

  run(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work).finally(() => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
    this.#last.set(key, done);
    return done;
  }

  /** Resolves when what was given by now is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
