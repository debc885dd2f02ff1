import type { Ack, Envelope } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { guardSender, requireAuth } from '../auth.js';
import type { AckOptions } from '../call-options.js';
import { MacpAckError, MacpTransportError } from '../errors.js';
import type { Connection } from './connection.js';
import type { RetryPolicy } from './retry.js';

/** Options of `send`. */
export interface SendOptions extends AckOptions {
  /** How often and how fast the same message is tried again; by default until the limit of the call. */
  readonly retry?: RetryPolicy | undefined;
}

/**
 * Unary Send with the same message id on every try: lost answers and the two retryable refusals are tried again until the limit of
 * the call, others are not. A duplicate Ack is success: the first message stands (RFC-MACP-0001 §8.2).
 */
export async function sendEnvelope(connection: Connection, envelope: Envelope, options: SendOptions): Promise<Ack> {
  guardSender(requireAuth(options.auth ?? connection.auth), envelope.sender);
  const settings = new SendSettings(envelope, options.retry);
  try {
    // `check` has seen to it that there is one.
    return (await connection.unary(runtimeService.Send, { envelope }, options, settings)).ack as Ack;
  } catch (error) {
    if (options.raiseOnNack === false && error instanceof MacpAckError) return error.ack;
    throw error;
  }
}

/** Throws MacpAckError when the runtime refused and the caller did not ask for refusals as values. */
export function checkAck(ack: Ack, what: string, options: Pick<AckOptions, 'raiseOnNack'>): Ack {
  if (ack.ok || options.raiseOnNack === false) return ack;
  throw new MacpAckError(ack, what);
}

/** What the connection needs to know of one Send; made for each, so what only a failure needs is put together then. */
class SendSettings {
  readonly repeatable = true;
  readonly retry: RetryPolicy | undefined;
  readonly #envelope: Envelope;

  constructor(envelope: Envelope, retry: RetryPolicy | undefined) {
    this.#envelope = envelope;
    this.retry = retry;
  }

  get what(): string {
    return `Send ${this.#envelope.messageType}`;
  }

  get context(): { sessionId: string; messageId: string } {
    return { sessionId: this.#envelope.sessionId, messageId: this.#envelope.messageId };
  }

  /** Send reports refusals, that of a credential too, in its Ack and not as a status. */
  check({ ack }: { readonly ack?: Ack | undefined }): void {
    if (ack?.ok === true) return;
    if (ack === undefined) throw new MacpTransportError('TRANSPORT', `${this.what}: the runtime answered without an Ack`, { context: this.context });
    throw new MacpAckError(ack, this.what);
  }
}
