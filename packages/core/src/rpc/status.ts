import { status as Status, type ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, isErrorCode, withoutCode, type ErrorCode, type ErrorContext } from '@macp-agent/protocol';
import { MacpSdkError, MacpTimeoutError, MacpTransportError } from '../errors.js';

/** What a failed call was about, for the message of its error. */
export interface CallFacts {
  /** Such as `Send Vote`. */
  readonly what: string;
  readonly address: string;
  readonly context?: ErrorContext | undefined;
  /** What NOT_FOUND means for this call; default SESSION_NOT_FOUND. */
  readonly notFound?: ErrorCode | undefined;
}

/** Name of a gRPC status number. */
export function grpcStatusName(code: number): string {
  return Status[code] ?? 'UNKNOWN';
}

/** ServiceError → MacpSdkError with the error of the transport as `cause`: the only place that reads gRPC statuses. */
export function fromServiceError(error: ServiceError, facts: CallFacts): MacpSdkError {
  const context = facts.context === undefined ? {} : { context: facts.context };
  const said = `${facts.what} at ${facts.address} failed`;
  if (error.code === Status.DEADLINE_EXCEEDED)
    return new MacpTimeoutError(`${said}: no answer in time. ${ERROR_CODES.TIMEOUT.fix}`, { cause: error, ...context });
  const code = codeOf(error, facts.notFound ?? 'SESSION_NOT_FOUND');
  const grpcStatus = grpcStatusName(error.code);
  const how = grpcStatus === code ? code : `${code} (${grpcStatus})`;
  return new MacpTransportError(code, `${said}: ${how}: ${withoutCode(grpcStatus, withoutCode(code, error.details))}. ${ERROR_CODES[code].fix}`, {
    cause: error,
    grpcStatus,
    ...context,
  });
}

/** True for what grpc-js throws and emits. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

/** The error of a call that the caller ended with its signal. */
export function abortedError(what: string, signal: AbortSignal): MacpSdkError {
  return new MacpSdkError('ABORTED', `${what} was cancelled by the caller`, { cause: signal.reason });
}

/** The registered code behind the `code` of an in-stream error, which the reference runtime fills with internal names. */
export function refusalCode(code: string, message: string): ErrorCode {
  if (isErrorCode(code)) return code;
  if (COMPACTED.test(message)) return 'HISTORY_UNAVAILABLE';
  return namedIn(code) ?? namedIn(message) ?? 'TRANSPORT';
}

/** Said in-stream by the reference runtime 0.6.1, as the status of the stream by later ones, without a code either way. */
const COMPACTED = /history before .*compacted/;

const INTERNAL_NAMES: Readonly<Record<string, ErrorCode>> = {
  InvalidMacpVersion: 'UNSUPPORTED_PROTOCOL_VERSION',
  InvalidEnvelope: 'INVALID_ENVELOPE',
  InvalidPayload: 'INVALID_ENVELOPE',
  InvalidTtl: 'INVALID_ENVELOPE',
  InvalidModeState: 'INVALID_ENVELOPE',
  PayloadTooLarge: 'PAYLOAD_TOO_LARGE',
  Unauthenticated: 'UNAUTHENTICATED',
  SessionNotOpen: 'SESSION_NOT_OPEN',
  TtlExpired: 'SESSION_NOT_OPEN',
  Forbidden: 'FORBIDDEN',
  RateLimited: 'RATE_LIMITED',
  UnknownSession: 'SESSION_NOT_FOUND',
  InvalidSessionId: 'INVALID_SESSION_ID',
  SessionAlreadyExists: 'SESSION_ALREADY_EXISTS',
  UnknownMode: 'MODE_NOT_SUPPORTED',
  UnknownPolicyVersion: 'UNKNOWN_POLICY_VERSION',
  InvalidPolicyDefinition: 'INVALID_POLICY_DEFINITION',
  PolicyDenied: 'POLICY_DENIED',
  StorageFailed: 'INTERNAL_ERROR',
};

/** A text that begins with a registered code, or with an internal name of the reference runtime. */
function namedIn(text: string): ErrorCode | undefined {
  const first = /^[A-Za-z_]+/.exec(text)?.[0] ?? '';
  if (isErrorCode(first)) return first;
  return Object.hasOwn(INTERNAL_NAMES, first) ? INTERNAL_NAMES[first] : undefined;
}

function codeOf(error: ServiceError, notFound: ErrorCode): ErrorCode {
  const named = namedIn(error.details);
  if (named !== undefined && ERROR_CODES[named].family === 'wire') return named;
  if (COMPACTED.test(error.details)) return 'HISTORY_UNAVAILABLE';
  switch (error.code) {
    case Status.UNAUTHENTICATED:
      return 'UNAUTHENTICATED';
    case Status.PERMISSION_DENIED:
      return 'FORBIDDEN';
    case Status.NOT_FOUND:
      return notFound;
    case Status.ALREADY_EXISTS:
      return 'SESSION_ALREADY_EXISTS';
    case Status.INVALID_ARGUMENT:
      return 'INVALID_ENVELOPE';
    case Status.RESOURCE_EXHAUSTED:
      return error.details.includes('larger than max') ? 'PAYLOAD_TOO_LARGE' : 'RATE_LIMITED';
    case Status.UNAVAILABLE:
    // Callers map their own cancellation before they come here: this one is the peer going away.
    case Status.CANCELLED:
      return 'UNAVAILABLE';
    case Status.INTERNAL:
      // grpc-js reports some broken connections so (EPIPE, GOAWAY races).
      return /RST_STREAM|internal client error/.test(error.details) ? 'UNAVAILABLE' : 'INTERNAL_ERROR';
    default:
      return 'TRANSPORT';
  }
}
