/**
 * Runs one function after changes: never twice at a time, and once more when something changed while it ran. A strategy written
 * as "look at the state, do what is due" then needs no locks and misses nothing.
 */
export class Reactor {
  readonly #react: () => void | Promise<void>;
  readonly #onError: (error: unknown) => void | Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(react: () => void | Promise<void>, onError: (error: unknown) => void | Promise<void>) {
    this.#react = react;
    this.#onError = onError;
  }

  /** Something changed. */
  wake(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#react();
      } catch (error) {
        await this.#onError(error);
      }
    }
    this.#running = undefined;
  }
}
