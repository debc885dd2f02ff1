/** gRPC status numbers used by this protocol. */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

interface ErrorRow {
  /** What happened, for people. */
  readonly meaning: string;
  /** Sending the same message again, with the same id, may succeed. */
  readonly retryable: boolean;
  /** gRPC status where the code travels as one (runtime.md §17.1). */
  readonly grpcStatus: number;
  readonly httpStatus: number;
  /** Where the code comes from: a peer on the wire, this process, or the scenario tier. */
  readonly family: 'wire' | 'local' | 'scenario';
  /** What to do next. */
  readonly fix: string;
}

const row = (family: ErrorRow['family'], grpcStatus: number, httpStatus: number, retryable: boolean, meaning: string, fix: string): ErrorRow => ({
  family,
  grpcStatus,
  httpStatus,
  retryable,
  meaning,
  fix,
});
const S = GrpcStatus;

/** Every error code of this project, once. Docs and tests read this table. */
export const ERROR_CODES = {
  UNAUTHENTICATED: row(
    'wire',
    S.UNAUTHENTICATED,
    401,
    false,
    'The credential is missing or unknown, or the envelope names another sender than the credential.',
    'Compare the token and the sender with the runtime map (onboarding steps 1 and 2).',
  ),
  FORBIDDEN: row(
    'wire',
    S.PERMISSION_DENIED,
    403,
    false,
    'The identity may not do this: start sessions, use this mode, or send this message.',
    'Check can_start_sessions, allowed_modes and the participants of the session (onboarding step 2).',
  ),
  SESSION_NOT_FOUND: row(
    'wire',
    S.NOT_FOUND,
    404,
    false,
    'The runtime does not know this session.',
    'Check the session id; an evaluator may start before the initiator and wait.',
  ),
  SESSION_NOT_OPEN: row('wire', S.INVALID_ARGUMENT, 409, false, 'The session is suspended or has ended.', 'Read the state with GetSession; resume it or stop.'),
  DUPLICATE_MESSAGE: row('wire', S.ALREADY_EXISTS, 409, false, 'This message id was accepted before.', 'Nothing to do: the first message stands.'),
  SESSION_ALREADY_EXISTS: row('wire', S.ALREADY_EXISTS, 409, false, 'The session id is taken.', 'Use a new session id for each run.'),
  INVALID_ENVELOPE: row(
    'wire',
    S.INVALID_ARGUMENT,
    400,
    false,
    'The shape, payload, phase, reference or version echo of the message is wrong.',
    'Read the message of the error; compare with the phase and the bound versions of the session.',
  ),
  UNSUPPORTED_PROTOCOL_VERSION: row('wire', S.FAILED_PRECONDITION, 400, false, 'No mutual protocol version.', 'Speak version 1.0.'),
  MODE_NOT_SUPPORTED: row('wire', S.FAILED_PRECONDITION, 400, false, 'The runtime does not have this mode.', 'Compare with ListModes and ListExtModes.'),
  PAYLOAD_TOO_LARGE: row('wire', S.RESOURCE_EXHAUSTED, 413, false, 'The payload is over the limit of the runtime.', 'Send less, or a reference to the data.'),
  RATE_LIMITED: row('wire', S.RESOURCE_EXHAUSTED, 429, true, 'The sender is over a rate or open-session limit.', 'Slow down and send the same message again.'),
  INVALID_SESSION_ID: row(
    'wire',
    S.INVALID_ARGUMENT,
    400,
    false,
    'The session id has no accepted form.',
    'Use a lower-case UUID version 4 or 7, or at least 22 base64url characters.',
  ),
  INTERNAL_ERROR: row('wire', S.INTERNAL, 500, true, 'The runtime could not store the message; nothing was consumed.', 'Send the same message again.'),
  UNKNOWN_POLICY_VERSION: row('wire', S.FAILED_PRECONDITION, 404, false, 'The policy is not registered.', 'Register the policy before the session starts.'),
  POLICY_DENIED: row(
    'wire',
    S.FAILED_PRECONDITION,
    403,
    false,
    'The policy refused the commitment.',
    'Read the reasons; wait for votes or change the outcome.',
  ),
  INVALID_POLICY_DEFINITION: row(
    'wire',
    S.INVALID_ARGUMENT,
    400,
    false,
    'The policy is not valid, or is for another mode.',
    'Fix the rules, or bind a policy of this mode.',
  ),
  HISTORY_UNAVAILABLE: row(
    'wire',
    S.FAILED_PRECONDITION,
    410,
    false,
    'The history below this ordinal was compacted.',
    'Resume after a later ordinal, or read the outcome with GetSession.',
  ),

  IDENTITY_MISMATCH: row(
    'local',
    S.UNAUTHENTICATED,
    401,
    false,
    'The sender asked for is not the expected sender of the credential.',
    'Use the credential of that sender; one string everywhere.',
  ),
  INVALID_OPTIONS: row(
    'local',
    S.INVALID_ARGUMENT,
    400,
    false,
    'An option is missing, malformed or contradicts another.',
    'Change the option that the message names.',
  ),
  INVALID_MESSAGE: row(
    'local',
    S.INVALID_ARGUMENT,
    400,
    false,
    'A field of the message is missing or out of range; nothing was sent.',
    'Change the field that the message names.',
  ),
  INVALID_BOOTSTRAP: row(
    'local',
    S.INVALID_ARGUMENT,
    400,
    false,
    'The bootstrap document has problems; each is listed with path, rule and fix.',
    'Fix the listed paths, or check the file with: macp bootstrap check.',
  ),
  CREDENTIAL_REQUIRED: row(
    'local',
    S.UNAUTHENTICATED,
    401,
    false,
    'This call needs a credential and none was configured.',
    'Pass auth to the call, the session or the client.',
  ),
  UNAVAILABLE: row('local', S.UNAVAILABLE, 503, true, 'The runtime cannot be reached.', 'Check the address and that the runtime runs.'),
  TIMEOUT: row('local', S.DEADLINE_EXCEEDED, 504, true, 'No answer within the time limit.', 'Raise timeoutMs, or look at the load of the peer.'),
  ABORTED: row('local', S.CANCELLED, 499, false, 'The caller cancelled with its signal.', 'Nothing to do.'),
  CLOSED: row('local', S.FAILED_PRECONDITION, 409, false, 'The client, stream or server was closed before this call.', 'Make a new one.'),
  RETRIES_EXHAUSTED: row('local', S.UNAVAILABLE, 503, true, 'The last of a limited number of tries failed.', 'Look at the cause.'),
  TRANSPORT: row('local', S.UNKNOWN, 502, false, 'The call failed in a way this table does not name.', 'Look at the cause.'),
  HANDLER_FAILED: row('local', S.INTERNAL, 500, false, 'A handler of the agent threw.', 'Look at the cause.'),
  MODEL_FAILED: row(
    'local',
    S.UNAVAILABLE,
    503,
    false,
    'The language model gave no usable answer before the deadline.',
    'Look at the cause; the agent abstained.',
  ),

  INVALID_SCENARIO_REF: row(
    'scenario',
    S.INVALID_ARGUMENT,
    400,
    false,
    'The scenario reference is not pack/scenario@version.',
    'List what exists with: macp scenario list.',
  ),
  PACK_NOT_FOUND: row('scenario', S.NOT_FOUND, 404, false, 'No such pack under the packs roots.', 'Check --packs or MACP_PACKS_DIR.'),
  SCENARIO_NOT_FOUND: row('scenario', S.NOT_FOUND, 404, false, 'The pack has no such scenario.', 'Use one of the names in the message.'),
  VERSION_NOT_FOUND: row('scenario', S.NOT_FOUND, 404, false, 'The scenario has no such version.', 'Use one of the versions in the message.'),
  TEMPLATE_NOT_FOUND: row('scenario', S.NOT_FOUND, 404, false, 'The scenario has no such template.', 'Use one of the templates in the message.'),
  AGENT_NOT_FOUND: row(
    'scenario',
    S.NOT_FOUND,
    404,
    false,
    'A participant names an agent that no manifest or catalog entry describes.',
    'Add the agent, or change agentRef.',
  ),
  INVALID_PACK_DATA: row('scenario', S.INVALID_ARGUMENT, 400, false, 'A file of the pack is not valid.', 'Fix the file and path in the message.'),
  VALIDATION_ERROR: row('scenario', S.INVALID_ARGUMENT, 400, false, 'The inputs do not fit the scenario; each problem is listed.', 'Fix the listed inputs.'),
  COMPILATION_ERROR: row(
    'scenario',
    S.INVALID_ARGUMENT,
    400,
    false,
    'A placeholder of the scenario has no value.',
    'Fix the placeholder that the message names.',
  ),
  AUTH_MINT_FAILED: row(
    'scenario',
    S.UNAVAILABLE,
    502,
    true,
    'The auth service gave no token.',
    'Start it, or check MACP_AUTH_SERVICE_URL and the client credential.',
  ),
} as const satisfies Record<string, ErrorRow>;

/** A code of the table above. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** True for a code that this version knows; unknown ones are implementation-defined failures (RFC-MACP-0001 §8). */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
