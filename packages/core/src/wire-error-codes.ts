import type { ErrorCode } from '@macp-agent/protocol';

/**
 * The registered codes of a refusal as constants, to compare `MacpAckError.code` with. `ERROR_CODES` has what each means, whether
 * the same message may succeed later, and what to do (RFC-MACP-0001 §9).
 */
export const UNSUPPORTED_PROTOCOL_VERSION = 'UNSUPPORTED_PROTOCOL_VERSION' satisfies ErrorCode;
export const INVALID_ENVELOPE = 'INVALID_ENVELOPE' satisfies ErrorCode;
export const SESSION_ALREADY_EXISTS = 'SESSION_ALREADY_EXISTS' satisfies ErrorCode;
export const SESSION_NOT_FOUND = 'SESSION_NOT_FOUND' satisfies ErrorCode;
export const SESSION_NOT_OPEN = 'SESSION_NOT_OPEN' satisfies ErrorCode;
export const MODE_NOT_SUPPORTED = 'MODE_NOT_SUPPORTED' satisfies ErrorCode;
export const FORBIDDEN = 'FORBIDDEN' satisfies ErrorCode;
export const UNAUTHENTICATED = 'UNAUTHENTICATED' satisfies ErrorCode;
export const DUPLICATE_MESSAGE = 'DUPLICATE_MESSAGE' satisfies ErrorCode;
export const PAYLOAD_TOO_LARGE = 'PAYLOAD_TOO_LARGE' satisfies ErrorCode;
export const RATE_LIMITED = 'RATE_LIMITED' satisfies ErrorCode;
export const INTERNAL_ERROR = 'INTERNAL_ERROR' satisfies ErrorCode;
export const POLICY_DENIED = 'POLICY_DENIED' satisfies ErrorCode;
export const INVALID_SESSION_ID = 'INVALID_SESSION_ID' satisfies ErrorCode;
export const UNKNOWN_POLICY_VERSION = 'UNKNOWN_POLICY_VERSION' satisfies ErrorCode;
export const INVALID_POLICY_DEFINITION = 'INVALID_POLICY_DEFINITION' satisfies ErrorCode;
