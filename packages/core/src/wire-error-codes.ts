import type { ErrorCode } from '@macp-agent/protocol';

// The registered codes of a refusal as constants, to compare `MacpAckError.code` with. `ERROR_CODES` has what each means, whether
// the same message may succeed later, and what to do (RFC-MACP-0001 §9).

/** No mutual protocol version. Speak version 1.0. */
export const UNSUPPORTED_PROTOCOL_VERSION = 'UNSUPPORTED_PROTOCOL_VERSION' satisfies ErrorCode;
/**
 * The shape, payload, phase, reference or version echo of the message is wrong. Read the message of the error; compare with the phase and
 * the bound versions of the session.
 */
export const INVALID_ENVELOPE = 'INVALID_ENVELOPE' satisfies ErrorCode;
/** The session id is taken. Use a new session id for each run. */
export const SESSION_ALREADY_EXISTS = 'SESSION_ALREADY_EXISTS' satisfies ErrorCode;
/** The runtime does not know this session. Check the session id; an evaluator may start before the initiator and wait. */
export const SESSION_NOT_FOUND = 'SESSION_NOT_FOUND' satisfies ErrorCode;
/** The session is suspended or has ended. Read the state with GetSession; resume it or stop. */
export const SESSION_NOT_OPEN = 'SESSION_NOT_OPEN' satisfies ErrorCode;
/** The runtime does not have this mode. Compare with ListModes and ListExtModes. */
export const MODE_NOT_SUPPORTED = 'MODE_NOT_SUPPORTED' satisfies ErrorCode;
/**
 * The identity may not do this: start sessions, use this mode, or send this message. Check can_start_sessions, allowed_modes and the
 * participants of the session (onboarding step 2).
 */
export const FORBIDDEN = 'FORBIDDEN' satisfies ErrorCode;
/**
 * The credential is missing or unknown, or the envelope names another sender than the credential. Compare the token and the sender with
 * the runtime map (onboarding steps 1 and 2).
 */
export const UNAUTHENTICATED = 'UNAUTHENTICATED' satisfies ErrorCode;
/** This message id was accepted before. Nothing to do: the first message stands. */
export const DUPLICATE_MESSAGE = 'DUPLICATE_MESSAGE' satisfies ErrorCode;
/** The payload is over the limit of the runtime. Send less, or a reference to the data. */
export const PAYLOAD_TOO_LARGE = 'PAYLOAD_TOO_LARGE' satisfies ErrorCode;
/** The sender is over a rate or open-session limit. Slow down and send the same message again. */
export const RATE_LIMITED = 'RATE_LIMITED' satisfies ErrorCode;
/** The runtime could not store the message; nothing was consumed. Send the same message again. */
export const INTERNAL_ERROR = 'INTERNAL_ERROR' satisfies ErrorCode;
/** The policy refused the commitment. Read the reasons; wait for votes or change the outcome. */
export const POLICY_DENIED = 'POLICY_DENIED' satisfies ErrorCode;
/** The session id has no accepted form. Use a lower-case UUID version 4 or 7, or at least 22 base64url characters. */
export const INVALID_SESSION_ID = 'INVALID_SESSION_ID' satisfies ErrorCode;
/** The policy is not registered. Register the policy before the session starts. */
export const UNKNOWN_POLICY_VERSION = 'UNKNOWN_POLICY_VERSION' satisfies ErrorCode;
/** The policy is not valid, or is for another mode. Fix the rules, or bind a policy of this mode. */
export const INVALID_POLICY_DEFINITION = 'INVALID_POLICY_DEFINITION' satisfies ErrorCode;
