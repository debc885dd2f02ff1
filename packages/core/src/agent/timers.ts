import { MacpError } from '@macp-agent/protocol';

/** Timers of one agent: all of them end with its signal. */
export class Timers {
  readonly #signal: AbortSignal;
  readonly #onError: (error: unknown) => void;

  constructor(signal: AbortSignal, onError: (error: unknown) => void) {
    this.#signal = signal;
    this.#onError = onError;
  }

  /** Calls `fn` after `delayMs`; the returned function and the end of the agent prevent it. */
  after(delayMs: number, fn: () => void | Promise<void>): () => void {
    if (this.#signal.aborted) return () => undefined;
    const cancel = (): void => {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', cancel);
    };
    const timer = setTimeout(() => {
      this.#signal.removeEventListener('abort', cancel);
      // An async function, so that what throws at once and what rejects end in the same place.
      (async () => fn())().catch(this.#onError);
    }, delayMs);
    this.#signal.addEventListener('abort', cancel, { once: true });
    return cancel;
  }

  /** Resolves after `delayMs`; MacpError ABORTED when the agent ends first. */
  delay(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new MacpError('ABORTED', `a wait of ${delayMs} ms ended early: the agent has ended`, { cause: this.#signal.reason }));
      if (this.#signal.aborted) {
        onAbort();
        return;
      }
      this.#signal.addEventListener('abort', onAbort, { once: true });
      this.after(delayMs, () => {
        this.#signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }
}
