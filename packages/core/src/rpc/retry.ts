import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '@macp-agent/protocol';
import { MacpAckError, MacpRetryError, MacpTimeoutError, MacpTransportError } from '../errors.js';
import { abortedError } from './status.js';

/** How often and how fast a call is tried again. */
export interface RetryPolicy {
  /** Tries after the first; default: as many as the limit of the call has room for. */
  readonly maxRetries?: number | undefined;
  /** Wait before the first retry, doubled each time, half of it random; default 100 ms. */
  readonly baseMs?: number | undefined;
  /** Upper end of the wait; default 1 000 ms. */
  readonly maxMs?: number | undefined;
}

/** What the tries of a call measure and wait with. */
export interface RetryTime {
  /** Milliseconds of a clock that is never set back. */
  now(): number;
  sleep(ms: number, signal: AbortSignal | undefined, what: string): Promise<void>;
  random(): number;
}

const SYSTEM_TIME: RetryTime = { now: () => performance.now(), sleep, random: Math.random };
const DEFAULT_BASE_MS = 100;
const DEFAULT_MAX_MS = 1_000;
/** A try that may be repeated gets half of the time left, but not less than this, so that a lost answer leaves time for the next. */
const SHORTEST_TRY_MS = 1_000;
/** With less time left than this there is no further try. */
const LAST_TRY_MS = 20;

const RETRYABLE_STATUS: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED']);
const RETRYABLE_REFUSALS: ReadonlySet<string> = new Set<ErrorCode>(['RATE_LIMITED', 'INTERNAL_ERROR']);

/** The tries of one call, from its begin to its limit. */
export class Retries {
  readonly #policy: RetryPolicy;
  readonly #maxRetries: number;
  readonly #time: RetryTime;
  readonly #endsAt: number;
  #failed = 0;
  #last: unknown;

  constructor(limitMs: number, repeatable: boolean, policy: RetryPolicy = {}, time: RetryTime = SYSTEM_TIME) {
    this.#policy = policy;
    this.#maxRetries = repeatable ? (policy.maxRetries ?? Number.POSITIVE_INFINITY) : 0;
    this.#time = time;
    this.#endsAt = time.now() + limitMs;
  }

  /** Tries that have failed. */
  get failed(): number {
    return this.#failed;
  }

  /** Until the limit of the call, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - this.#time.now());
  }

  /** Limit of the next try in milliseconds; 0 when the call is over. Throws why the last try failed when the wait took what was left. */
  tryMs(): number {
    const leftMs = this.#endsAt - this.#time.now();
    if (leftMs <= 0 && this.#last !== undefined) throw this.#last;
    if (leftMs <= 0) return 0;
    return this.#failed < this.#maxRetries ? Math.max(leftMs / 2, Math.min(leftMs, SHORTEST_TRY_MS)) : leftMs;
  }

  /** Waits for the next try, or throws why there is none: the failure itself, or MacpRetryError when `maxRetries` are used up. */
  async wait(failure: unknown, what: string, signal: AbortSignal | undefined): Promise<void> {
    if (!mayRepeat(failure) || this.#maxRetries === 0) throw failure;
    // A try cut short by the limit says less than the failure before it.
    if (!(failure instanceof MacpTimeoutError) || this.#last === undefined) this.#last = failure;
    this.#failed += 1;
    const leftMs = this.#endsAt - this.#time.now();
    if (leftMs < LAST_TRY_MS) throw this.#last;
    if (this.#failed > this.#maxRetries) throw exhausted(this.#failed, this.#last, what);
    const { baseMs = DEFAULT_BASE_MS, maxMs = DEFAULT_MAX_MS } = this.#policy;
    await this.#time.sleep(
      Math.min(
        backoffMs(this.#failed, { baseMs, maxMs }, () => this.#time.random()),
        leftMs / 2,
      ),
      signal,
      what,
    );
  }
}

/** True when the same request, sent again, may succeed: the peer was away, slow or busy. */
function mayRepeat(error: unknown): boolean {
  if (error instanceof MacpAckError) return RETRYABLE_REFUSALS.has(error.failure.code);
  if (!(error instanceof MacpTransportError) || error.code === 'PAYLOAD_TOO_LARGE') return false;
  return error.code === 'UNAVAILABLE' || RETRYABLE_STATUS.has(error.grpcStatus ?? '');
}

function exhausted(attempts: number, cause: unknown, what: string): unknown {
  // What a runtime refused says more than that it was asked several times.
  if (!(cause instanceof MacpTransportError)) return cause;
  return new MacpRetryError(attempts, `${what}: retries exhausted after ${attempts} attempts; last: ${cause.message}`, {
    cause,
    grpcStatus: cause.grpcStatus,
    context: cause.context,
  });
}

/** Wait before retry number `attempt` (from 1): doubling, half of it random, so that many agents do not come back at once. */
export function backoffMs(attempt: number, wait: { readonly baseMs: number; readonly maxMs: number }, random: () => number = Math.random): number {
  const full = Math.min(wait.maxMs, wait.baseMs * 2 ** Math.min(attempt - 1, 30));
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
