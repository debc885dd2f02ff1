import type { WireError } from '@macp-agent/protocol';
import { onAbort } from '../rpc/on-abort.js';

/** What became of an envelope written to a stream. `unknown`: the stream cannot tell any more; send it again with the same id. */
export type EchoOutcome = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly error: WireError } | { readonly kind: 'unknown' };

interface Waiting {
  readonly resolve: (outcome: EchoOutcome) => void;
  readonly expiresAtMs: number;
}

const ACCEPTED: EchoOutcome = { kind: 'accepted' };
const UNKNOWN: EchoOutcome = { kind: 'unknown' };
/** One timer for all messages in flight: a timer each would cost more than the message. */
const CHECK_MS = 50;

/** Envelopes in flight on one session stream, where the own echo is the acknowledgement. Bounded by its caller through `size`. */
export class EchoAcks {
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the echo or the refusal of a message; `unknown` when the signal fires, or soon after `expiresAtMs`, a time of `performance.now()`. */
  wait(messageId: string, expiresAtMs: number, signal?: AbortSignal): Promise<EchoOutcome> {
    return new Promise((resolve) => {
      this.#waiting.set(messageId, { resolve: signal === undefined ? resolve : this.#untilAborted(messageId, resolve, signal), expiresAtMs });
      this.#timer ??= setTimeout(() => this.#expire(), CHECK_MS);
    });
  }

  accepted(messageId: string): void {
    if (this.#waiting.size > 0) this.#settle(messageId, ACCEPTED);
  }

  /** False when no message in flight has the id of the refusal. */
  refused(error: WireError): boolean {
    return this.#settle(error.messageId, { kind: 'refused', error });
  }

  /** The stream broke or stopped being read. */
  giveUp(): void {
    for (const messageId of this.#waiting.keys()) this.#settle(messageId, UNKNOWN);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #untilAborted(messageId: string, resolve: Waiting['resolve'], signal: AbortSignal): Waiting['resolve'] {
    const forget = onAbort(signal, () => this.#settle(messageId, UNKNOWN));
    return (outcome) => {
      forget();
      resolve(outcome);
    };
  }

  #expire(): void {
    const nowMs = performance.now();
    for (const [messageId, { expiresAtMs }] of this.#waiting) if (expiresAtMs <= nowMs) this.#settle(messageId, UNKNOWN);
    this.#timer = this.#waiting.size === 0 ? undefined : setTimeout(() => this.#expire(), CHECK_MS);
  }

  #settle(messageId: string, outcome: EchoOutcome): boolean {
    const waiting = this.#waiting.get(messageId);
    if (waiting === undefined) return false;
    this.#waiting.delete(messageId);
    waiting.resolve(outcome);
    return true;
  }
}
