import { ERROR_CODES, isErrorCode, MacpError, withoutCode, type Ack, type ErrorCode, type ErrorContext } from '@macp-agent/protocol';

interface ErrorOptions {
  readonly cause?: unknown;
  readonly context?: ErrorContext;
}

/** Parent of every error that this SDK throws. Branch on `code`; `isMacpError` recognises it across package copies. */
export class MacpSdkError extends MacpError {
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

/** A call failed below the protocol: refused connection, gRPC status, broken or refused stream. `cause` is the error of the transport. */
export class MacpTransportError extends MacpSdkError {
  /** gRPC status name such as `UNAVAILABLE`; undefined when no call was made. */
  readonly grpcStatus: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { readonly grpcStatus?: string | undefined } = {}) {
    super(code, message, options);
    this.grpcStatus = options.grpcStatus;
  }
}

/** No answer within `timeoutMs` (code TIMEOUT). The message may have been accepted: sending it again with the same id is safe. */
export class MacpTimeoutError extends MacpTransportError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('TIMEOUT', message, { ...options, grpcStatus: 'DEADLINE_EXCEEDED' });
  }
}

/** The last of a limited number of tries failed (code RETRIES_EXHAUSTED); `cause` is that failure. */
export class MacpRetryError extends MacpTransportError {
  readonly attempts: number;

  constructor(attempts: number, message: string, options: ErrorOptions & { readonly grpcStatus?: string | undefined } = {}) {
    super('RETRIES_EXHAUSTED', message, options);
    this.attempts = attempts;
  }
}

/** Why a runtime refused a message, as it said it. */
export interface AckFailure {
  /** The code as received; may be one that this version does not know. */
  readonly code: string;
  readonly message: string;
  readonly sessionId: string;
  readonly messageId: string;
  /** Why a policy denied; empty otherwise. */
  readonly reasons: readonly string[];
}

/**
 * The runtime refused a message (an Ack with `ok: false`, or an in-stream refusal). `code` is the registered code, or
 * TRANSPORT when `failure.code` is not one that this version knows; `retryable` says whether the same message may succeed later.
 */
export class MacpAckError extends MacpSdkError {
  readonly ack: Ack;
  readonly failure: AckFailure;

  constructor(ack: Ack, action: string) {
    const failure = readFailure(ack);
    const code = isErrorCode(failure.code) ? failure.code : 'TRANSPORT';
    super(code, describeFailure(failure, code, action), { context: { sessionId: failure.sessionId, messageId: failure.messageId } });
    this.ack = ack;
    this.failure = failure;
  }
}

/** A value was refused by this process before anything was sent (code INVALID_MESSAGE unless said otherwise). */
export class MacpSessionError extends MacpSdkError {
  constructor(message: string, options: ErrorOptions & { readonly code?: ErrorCode } = {}) {
    super(options.code ?? 'INVALID_MESSAGE', message, options);
  }
}

/** The sender asked for is not the one that the credential expects (code IDENTITY_MISMATCH); nothing was sent. */
export class MacpIdentityMismatchError extends MacpSdkError {
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, actual: string) {
    super(
      'IDENTITY_MISMATCH',
      `envelope sender "${actual}" does not match the authenticated identity "${expected}"; nothing was sent. Use the credential of "${actual}", or leave the sender out`,
      { context: { sender: actual } },
    );
    this.expected = expected;
    this.actual = actual;
  }

  /** The same as `expected`. */
  get expectedSender(): string {
    return this.expected;
  }

  /** The same as `actual`. */
  get actualSender(): string {
    return this.actual;
  }
}

function readFailure(ack: Ack): AckFailure {
  const { error } = ack;
  return {
    code: error?.code ?? '',
    message: withoutCode(error?.code ?? '', error?.message ?? ''),
    sessionId: error?.sessionId || ack.sessionId,
    messageId: error?.messageId || ack.messageId,
    reasons: readReasons(error?.details),
  };
}

/** `{"reasons": [...]}` as UTF-8 JSON; anything else carries none. */
function readReasons(details: Uint8Array | undefined): readonly string[] {
  if (details === undefined || details.length === 0) return [];
  const value = parseJson(Buffer.from(details).toString('utf8'));
  if (typeof value !== 'object' || value === null || !('reasons' in value) || !Array.isArray(value.reasons)) return [];
  return value.reasons.filter((reason): reason is string => typeof reason === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Details are free bytes: another runtime may put something else there.
    return undefined;
  }
}

function describeFailure(failure: AckFailure, code: ErrorCode, action: string): string {
  // Our runtime says the reasons in its text already; the reference runtime says `PolicyDenied`.
  const unsaid = failure.reasons.filter((reason) => !failure.message.includes(reason));
  const reasons = unsaid.length === 0 ? '' : ` (${unsaid.join('; ')})`;
  const session = failure.sessionId === '' ? '' : ` in session ${failure.sessionId}`;
  return `${failure.code || 'refused'}: ${failure.message}${reasons} — ${action}${session} was refused. ${ERROR_CODES[code].fix}`;
}
