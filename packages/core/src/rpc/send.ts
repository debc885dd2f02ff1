import type { Ack, Envelope } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { guardSender, requireAuth } from '../auth.js';
import type { AckOptions } from '../call-options.js';
import { MacpAckError, MacpTransportError } from '../errors.js';
import type { Connection } from './connection.js';
import { backoffMs, DEFAULT_RETRY, isRetryableRefusal, sleep, type RetryPolicy } from './retry.js';

/** Options of `send`. */
export interface SendOptions extends AckOptions {
  /** How often the same message is tried again; default 5 times, within the limit of the call. */
  readonly retry?: RetryPolicy | undefined;
}

/**
 * Unary Send with the same message id on every try: lost answers and the two retryable refusals are tried again, others are not.
 * A duplicate Ack is success: the first message stands (RFC-MACP-0001 §8.2).
 */
export async function sendEnvelope(connection: Connection, envelope: Envelope, options: SendOptions): Promise<Ack> {
  const auth = requireAuth(options.auth ?? connection.auth);
  guardSender(auth, envelope.sender);
  const { signal, retry = DEFAULT_RETRY } = options;
  const deadline = connection.deadlineOf(options);
  const what = `Send ${envelope.messageType}`;
  const settings = { what, repeatable: true, retry, context: { sessionId: envelope.sessionId, messageId: envelope.messageId } };
  let renewed = false;
  for (let attempt = 1; ; attempt += 1) {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const { ack } = await connection.unary(runtimeService.Send, { envelope }, { auth, signal, timeoutMs }, settings);
    if (ack === undefined) throw new MacpTransportError('TRANSPORT', `${what}: the runtime answered without an Ack`, { context: settings.context });
    if (ack.ok) return ack;
    const code = ack.error?.code ?? '';
    // Send reports a refused credential in its Ack, not as a status.
    if (code === 'UNAUTHENTICATED' && !renewed) {
      renewed = true;
      if (await connection.credentials.renewRefused(auth)) continue;
    }
    const waitMs = backoffMs(attempt, retry);
    if (isRetryableRefusal(code) && attempt <= retry.maxRetries && deadline - performance.now() > waitMs) {
      await sleep(waitMs, signal, what);
      continue;
    }
    return checkAck(ack, what, options);
  }
}

/** The Ack when it accepts, or when refusals are wanted as values; else MacpAckError. */
export function checkAck(ack: Ack, what: string, options: Pick<AckOptions, 'raiseOnNack'>): Ack {
  if (ack.ok || options.raiseOnNack === false) return ack;
  throw new MacpAckError(ack, what);
}
