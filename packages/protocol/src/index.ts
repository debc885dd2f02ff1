// Errors and verdicts
export { ERROR_CODES, GrpcStatus, isErrorCode, type ErrorCode } from './error-codes.js';
export { isMacpError, MacpError, type ErrorContext } from './macp-error.js';
export { ACCEPTED, refuse, type Refusal, type Verdict } from './verdict.js';

// Envelopes, payloads and ids
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
export { applyEnvelope, applyRecord, openSession, replay, type SessionRecord, type SessionView } from './replay.js';

// Modes
export { impliedPolarity, mayCommit, mayControl } from './modes/commitment.js';
export { MODE_VERSION } from './modes/descriptor.js';
export type { Mode, ModeMessage, SessionBinding } from './modes/mode.js';
export { BUILT_IN_MODES, findMode } from './modes/registry.js';
export { checkSessionStart } from './modes/start.js';
export { MODE_DECISION } from './modes/decision/mode.js';
export type { DecisionEvaluation, DecisionObjection, DecisionProposal, DecisionState, DecisionVote } from './modes/decision/state.js';
export { EvaluationPayload, ObjectionPayload, ProposalPayload, VotePayload } from './modes/decision/messages.js';

// Policies
export { DEFAULT_POLICY, DEFAULT_POLICY_ID, policyFitsMode, toPolicyDescriptor, type PolicyDefinition } from './policy/definition.js';
export { evaluateDecision, tallyVotes, type PolicyResult, type RuleResult, type VoteTally } from './policy/decision.js';
export { parsePolicyDescriptor, checkPolicyDefinition } from './policy/register.js';
export { parseDecisionRules, type CommitmentRules, type DecisionRules } from './policy/rules.js';

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
export type { MessageOf, PartialFields, WireMessage } from './wire/message.js';
