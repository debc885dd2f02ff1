/** Waits between tries of something that never gives up. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** Something came through: the next wait is short again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits before the next try; returns at once when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    await pause(delayMs, signal);
  }
}

/** Resolves after the delay, or at once when the signal aborts. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done, { once: true });
  });
}
