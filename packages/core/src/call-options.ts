import type { AuthConfig } from './auth.js';

/** The last argument of every call. */
export interface CallOptions {
  /** Cancels the call: it fails with ABORTED at once. */
  readonly signal?: AbortSignal | undefined;
  /** Limit of the whole call, retries included, in milliseconds; default `defaultTimeoutMs` of the client (10 000). */
  readonly timeoutMs?: number | undefined;
  /** Alias of `timeoutMs`. */
  readonly deadlineMs?: number | undefined;
  /** Credential of this call only. */
  readonly auth?: AuthConfig | undefined;
}

/** How long one read of a stream waits; a bare number is `timeoutMs`. */
export interface ReadOptions {
  /** Default: no limit of its own; a stream may be silent for long. Then TIMEOUT, and nothing is lost. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with ABORTED; the stream stays open, and nothing is lost. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of calls that a runtime answers with an Ack. */
export interface AckOptions extends CallOptions {
  /** Throw MacpAckError when the runtime refuses; default true. False gives back the refusing Ack. */
  readonly raiseOnNack?: boolean | undefined;
}

/** Reads the older forms too: a bare number is `timeoutMs`, a bare credential is `auth`. */
export function readCallOptions(options: CallOptions | AuthConfig | number | undefined): CallOptions {
  if (options === undefined) return {};
  if (typeof options === 'number') return { timeoutMs: options };
  return isAuthConfig(options) ? { auth: options } : options;
}

function isAuthConfig(value: CallOptions | AuthConfig): value is AuthConfig {
  return 'bearerToken' in value || 'tokenSource' in value;
}
