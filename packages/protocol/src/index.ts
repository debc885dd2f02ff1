// Errors and verdicts
export { ERROR_CODES, GrpcStatus, isErrorCode, type ErrorCode } from './error-codes.js';
export { describeError, isMacpError, MacpError, withoutCode, type ErrorContext } from './macp-error.js';
export { ACCEPTED, refuse, type Refusal, type Verdict } from './verdict.js';

// Envelopes, payloads and ids
export {
  CONTROL_ID_PREFIX,
  controlEnvelope,
  controlMessageId,
  controlRecordOf,
  RUNTIME_SENDER,
  type ControlPlace,
  type ControlRecord,
} from './control-record.js';
export { checkEnvelope, MACP_VERSION, RUNTIME_ONLY_TYPES } from './envelope.js';
export { decodePayload, encodePayload, payloadMessage } from './payload-codec.js';
export { isSessionId } from './session-id.js';

// Sessions and their history
export {
  canMove,
  DEFAULT_MAX_SUSPEND_MS,
  fromWireState,
  isTerminal,
  MAX_PARTICIPANTS,
  MAX_TTL_MS,
  resumeClock,
  toWireState,
  type SessionState,
  type Suspension,
} from './session-lifecycle.js';
export { spanIdOf, traceIdOf, traceparentOf } from './trace-context.js';
export { applyEnvelope, applyRecord, openSession, replay, type SessionView } from './replay.js';
export type { SessionRecord } from './session-record.js';

// Modes
export { isGovernedMode, mayCommit, mayControl } from './modes/authority.js';
export { impliedPolarity } from './modes/commitment.js';
export { MODE_VERSION } from './modes/descriptor.js';
export type { Mode, ModeMessage, SessionBinding } from './modes/mode.js';
export { passThroughMode, type PassThroughState } from './modes/pass-through.js';
export { BUILT_IN_MODES, EXTENSION_MODES, findMode, STANDARD_MODES } from './modes/registry.js';
export { checkSessionStart, checkStartFields } from './modes/start.js';

// Each mode: its id, payloads, state and policy builder, as its public.ts lists them
export * from './gen/mode-exports.js';

// Policies
export { DEFAULT_POLICY, DEFAULT_POLICY_ID, policyFitsMode, toPolicyDescriptor, type PolicyDefinition } from './policy/definition.js';
export { explainCommitment } from './policy/explain.js';
export { POLICY_SCHEMA_VERSIONS } from './policy/judge.js';
export { preflightCommitment } from './policy/preflight.js';
export type { PolicyResult, RuleResult } from './policy/result.js';
export { parsePolicyDescriptor, checkPolicyDefinition } from './policy/register.js';
export { policyWarnings } from './policy/warnings.js';
export { commitmentRulesOf, type CommitmentRules } from './policy/commitment-rules.js';
export type { CommitmentInput } from './policy/build-policy.js';

// Wire shapes
export { Ack, Envelope, WireError, type WireSessionState } from './wire/envelope.js';
export { Capabilities, ClientInfo, InitializeRequest, InitializeResponse, Root, RuntimeInfo } from './wire/handshake.js';
export {
  CommitmentPayload,
  CommitmentRef,
  ProgressPayload,
  SessionCancelPayload,
  SessionResumePayload,
  SessionStartPayload,
  SessionSuspendPayload,
  SignalPayload,
} from './wire/payloads.js';
export { PolicyDescriptor } from './wire/policy.js';
export { ParticipantActivity, SessionLifecycleEvent, SessionMetadata, type LifecycleEventType } from './wire/sessions.js';
export { AgentManifest, ModeDescriptor, TransportEndpoint } from './wire/discovery.js';
export { SendRequest, StreamSessionRequest, StreamSessionResponse } from './wire/transport.js';
export type { FieldsOf, MessageOf, PartialFields, WireField, WireMessage } from './wire/message.js';
