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
export { applyEnvelope, applyRecord, openSession, replay, type SessionRecord, type SessionView } from './replay.js';

// Modes
export { mayCommit, mayControl } from './modes/authority.js';
export { impliedPolarity } from './modes/commitment.js';
export { MODE_VERSION } from './modes/descriptor.js';
export type { Mode, ModeMessage, SessionBinding } from './modes/mode.js';
export { isGovernedMode, MODE_DECISION, MODE_HANDOFF, MODE_MULTI_ROUND, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from './modes/mode-ids.js';
export { passThroughMode, type PassThroughState } from './modes/pass-through.js';
export { BUILT_IN_MODES, EXTENSION_MODES, findMode, STANDARD_MODES } from './modes/registry.js';
export { checkSessionStart, checkStartFields } from './modes/start.js';

// Each mode: what its sessions gather, and its payloads. Two short names repeat between modes; theirs carry the mode.
export type { DecisionEvaluation, DecisionObjection, DecisionProposal, DecisionState, DecisionVote } from './modes/decision/state.js';
export { EvaluationPayload, ObjectionPayload, ProposalPayload, VotePayload } from './modes/decision/messages.js';
export type { NegotiatedProposal, ProposalAccept, ProposalRejection, ProposalState } from './modes/proposal/state.js';
export { negotiationPhase } from './modes/proposal/phase.js';
export {
  AcceptPayload,
  CounterProposalPayload,
  ProposalPayload as ProposalModeProposalPayload,
  RejectPayload as ProposalModeRejectPayload,
  WithdrawPayload,
} from './modes/proposal/messages.js';
export type { TaskRejection, TaskReport, TaskRequest, TaskState, TaskUpdate } from './modes/task/state.js';
export { TaskAcceptPayload, TaskCompletePayload, TaskFailPayload, TaskRejectPayload, TaskRequestPayload, TaskUpdatePayload } from './modes/task/messages.js';
export { withImplicitAccepts, type HandoffContext, type HandoffOffer, type HandoffState } from './modes/handoff/state.js';
export { HandoffAcceptPayload, HandoffContextPayload, HandoffDeclinePayload, HandoffOfferPayload } from './modes/handoff/messages.js';
export { quorumProgress, type QuorumProgress } from './modes/quorum/mode.js';
export { countBallots, type ApprovalRequest, type Ballot, type BallotCount, type QuorumState } from './modes/quorum/state.js';
export { AbstainPayload, ApprovalRequestPayload, ApprovePayload, RejectPayload as QuorumModeRejectPayload } from './modes/quorum/messages.js';
export type { MultiRoundState } from './modes/multi-round/state.js';
export { ContributePayload } from './modes/multi-round/messages.js';

// Policies
export { DEFAULT_POLICY, DEFAULT_POLICY_ID, policyFitsMode, toPolicyDescriptor, type PolicyDefinition } from './policy/definition.js';
export { explainCommitment, POLICY_SCHEMA_VERSIONS } from './policy/explain.js';
export { preflightCommitment } from './policy/preflight.js';
export { evaluateDecision, tallyVotes, type VoteTally } from './policy/decision.js';
export type { PolicyResult, RuleResult } from './policy/result.js';
export { parsePolicyDescriptor, checkPolicyDefinition } from './policy/register.js';
export { policyWarnings } from './policy/warnings.js';
export { commitmentRulesOf, type CommitmentRules } from './policy/commitment-rules.js';
export { parseDecisionRules, type DecisionRules } from './policy/decision-rules.js';
export { parseProposalRules, type ProposalRules } from './policy/proposal.js';
export { parseTaskRules, type TaskRules } from './policy/task.js';
export { parseHandoffRules, type HandoffRules } from './policy/handoff.js';
export { parseQuorumRules, type QuorumRules } from './policy/quorum.js';
export {
  buildDecisionPolicy,
  buildHandoffPolicy,
  buildProposalPolicy,
  buildQuorumPolicy,
  buildTaskPolicy,
  type CommitmentInput,
  type DecisionPolicyInput,
  type HandoffPolicyInput,
  type ProposalPolicyInput,
  type QuorumPolicyInput,
  type TaskPolicyInput,
} from './policy/builders.js';

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
