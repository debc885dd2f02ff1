import { isMacpError, type Ack, type Envelope } from '@macp-agent/protocol';
import type { CallOptions } from './call-options.js';
import type { MacpClient } from './client.js';
import { MacpRetryError } from './errors.js';

/** How often and how fast `retrySend` tries again. */
export interface RetrySendPolicy {
  /** Tries after the first; default 3. */
  readonly maxRetries?: number | undefined;
  /** Seconds before the first retry, doubled each time, half of it random; default 0.1. */
  readonly backoffBase?: number | undefined;
  /** Upper end of the wait in seconds; default 2. */
  readonly backoffMax?: number | undefined;
}

/**
 * Sends one envelope, with the same message id on every try: after UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and the
 * refusals RATE_LIMITED and INTERNAL_ERROR it tries again, after anything else it does not. When the last try failed, or the limit of
 * the call (`timeoutMs`, default that of the client) leaves no time for another, it throws MacpRetryError with that failure as
 * `cause`. `signal` ends it with ABORTED. `client.send` retries too, until the limit of the call, and gives the last failure itself.
 */
export async function retrySend(client: MacpClient, envelope: Envelope, options: CallOptions & { readonly policy?: RetrySendPolicy } = {}): Promise<Ack> {
  const { policy = {}, ...call } = options;
  const { maxRetries = 3, backoffBase = 0.1, backoffMax = 2 } = policy;
  try {
    return await client.send(envelope, { ...call, retry: { maxRetries, baseMs: backoffBase * 1_000, maxMs: backoffMax * 1_000 } });
  } catch (error) {
    const cause = error instanceof MacpRetryError ? error.cause : error;
    if (!isMacpError(cause) || !cause.retryable) throw error;
    const { sessionId, messageId } = envelope;
    throw new MacpRetryError(maxRetries, `retries exhausted after ${maxRetries} attempts of message ${messageId}; last: ${cause.message}`, {
      cause,
      context: { sessionId, messageId },
    });
  }
}
