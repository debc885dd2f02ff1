import type { Envelope, WireError } from '@macp-agent/protocol';

/** What became of an envelope written to a stream. `unknown`: the stream cannot tell any more; send it again with the same id. */
export type EchoOutcome =
  | { readonly kind: 'accepted'; readonly envelope: Envelope }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'unknown' };

interface Waiting {
  readonly resolve: (outcome: EchoOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

/** Envelopes in flight on one session stream, where the own echo is the acknowledgement. Bounded by its caller through `size`. */
export class EchoAcks {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the echo or the refusal of a message; `unknown` after `timeoutMs`. */
  wait(messageId: string, timeoutMs: number): Promise<EchoOutcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(messageId, { kind: 'unknown' }), timeoutMs);
      this.#waiting.set(messageId, { resolve, timer });
    });
  }

  accepted(envelope: Envelope): void {
    if (this.#waiting.size > 0) this.#settle(envelope.messageId, { kind: 'accepted', envelope });
  }

  /** False when no message in flight has the id of the refusal. */
  refused(error: WireError): boolean {
    return this.#settle(error.messageId, { kind: 'refused', error });
  }

  /** The stream broke or stopped being read. */
  giveUp(): void {
    for (const messageId of this.#waiting.keys()) this.#settle(messageId, { kind: 'unknown' });
  }

  #settle(messageId: string, outcome: EchoOutcome): boolean {
    const waiting = this.#waiting.get(messageId);
    if (waiting === undefined) return false;
    this.#waiting.delete(messageId);
    clearTimeout(waiting.timer);
    waiting.resolve(outcome);
    return true;
  }
}
