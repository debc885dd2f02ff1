import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '@macp-agent/protocol';
import { MacpTransportError } from '../errors.js';
import { abortedError } from './status.js';

/** How often and how fast a call is tried again. */
export interface RetryPolicy {
  /** Tries after the first; default 5. */
  readonly maxRetries: number;
  /** Wait before the first retry, doubled each time; default 100 ms. */
  readonly baseMs: number;
  /** Upper end of the wait; default 2 000 ms. */
  readonly maxMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { maxRetries: 5, baseMs: 100, maxMs: 2_000 };

const RETRYABLE_STATUS: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED']);
const RETRYABLE_REFUSALS: ReadonlySet<string> = new Set<ErrorCode>(['RATE_LIMITED', 'INTERNAL_ERROR']);

/** True when the same request, sent again, may succeed: the peer was away, slow or busy. */
export function isRetryableFailure(error: unknown): boolean {
  if (!(error instanceof MacpTransportError)) return false;
  if (error.code === 'PAYLOAD_TOO_LARGE') return false;
  return error.code === 'UNAVAILABLE' || RETRYABLE_STATUS.has(error.grpcStatus ?? '');
}

/** True for the two refusals after which the same message may be accepted (runtime.md §17.1). */
export function isRetryableRefusal(code: string): boolean {
  return RETRYABLE_REFUSALS.has(code);
}

/** Wait before retry number `attempt` (from 1): doubling, half of it random, so that many agents do not come back at once. */
export function backoffMs(attempt: number, policy: Pick<RetryPolicy, 'baseMs' | 'maxMs'>, random: () => number = Math.random): number {
  const full = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * random();
}

/** Waits; fails with ABORTED when the signal fires. Keeps no listener behind. */
export async function sleep(ms: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  throwIfAborted(signal, what);
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal, what);
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw abortedError(what, signal);
}
