/// <reference types="node" preserve="true" />
import * as agent from './agent/agent-namespace.js';

// Connection and credentials
export { Auth, type AccessToken, type AuthConfig, type TokenSource } from './auth.js';
export { tokenFile } from './load-token-file.js';
export { MacpClient } from './client.js';
export { resolveClientOptions, VERSION, type ClientOptions, type ResolvedClientOptions } from './client-options.js';
export type { AckOptions, CallOptions, ReadOptions } from './call-options.js';
export { silentLogger, type LogFields, type Logger } from './logger.js';
export { MacpStream } from './rpc/macp-stream.js';
export type { SendOptions } from './rpc/send.js';
export type { RetryPolicy } from './rpc/retry.js';
export { grpcStatusName } from './rpc/status.js';
export type { ProgressInput, SignalInput } from './rpc/signals.js';
export type { RegistryAnswer } from './registry/policies.js';
export { retrySend, type RetrySendPolicy } from './retry-send.js';

// Errors
export {
  MacpAckError,
  MacpIdentityMismatchError,
  MacpRetryError,
  MacpSdkError,
  MacpSessionError,
  MacpTimeoutError,
  MacpTransportError,
  type AckFailure,
} from './errors.js';
export {
  DUPLICATE_MESSAGE,
  FORBIDDEN,
  INTERNAL_ERROR,
  INVALID_ENVELOPE,
  INVALID_POLICY_DEFINITION,
  INVALID_SESSION_ID,
  MODE_NOT_SUPPORTED,
  PAYLOAD_TOO_LARGE,
  POLICY_DENIED,
  RATE_LIMITED,
  SESSION_ALREADY_EXISTS,
  SESSION_NOT_FOUND,
  SESSION_NOT_OPEN,
  UNAUTHENTICATED,
  UNKNOWN_POLICY_VERSION,
  UNSUPPORTED_PROTOCOL_VERSION,
} from './wire-error-codes.js';

// Sessions
export { Session, type SessionOptions, type VerbOptions, type WithSender } from './session/session.js';
export type { SendVia } from './session/delivery.js';
export { SessionStream, type StreamOptions } from './session/session-stream.js';
export type { ReceivedEnvelope } from './session/received-envelope.js';
export { Projection, type ProjectionSource } from './session/projection.js';
export type { BytesInput } from './session/bytes-input.js';

// Of each mode: session class, projection, strategies, payload types, policy builder and id
export * from './gen/mode-exports.js';

// Watches
export type { LifecycleChange } from './watch/lifecycle-hub.js';
export { ModeRegistryWatcher, PolicyWatcher, RootsWatcher, SessionLifecycleWatcher, SignalWatcher } from './watch/watchers.js';
export {
  isSessionCancelled,
  isSessionCreated,
  isSessionExpired,
  isSessionResolved,
  isSessionResumed,
  isSessionSuspended,
  isTerminalSessionLifecycleEvent,
  TERMINAL_SESSION_LIFECYCLE_EVENT_TYPES,
} from './watch/lifecycle-events.js';
export type { PoliciesChange, RegistryChange, RootsChange, WatchOptions } from './watch/watches.js';

// Ids, builders and checks
export { newCommitmentId, newMessageId, newSessionId } from './ids.js';
export {
  buildCommitmentPayload,
  buildEnvelope,
  buildSessionStartPayload,
  DEFAULT_CONFIGURATION_VERSION,
  DEFAULT_MODE_VERSION,
  DEFAULT_POLICY_VERSION,
  inferOutcomePositive,
  nowUnixMs,
  type BoundVersions,
  type CommitmentInput,
  type EnvelopeInput,
  type SessionStartInput,
} from './envelope.js';
export {
  validateConfidence,
  validateMaxSuspendMs,
  validateParticipantCount,
  validateParticipants,
  validateRecommendation,
  validateRequiredField,
  validateSessionId,
  validateSessionStart,
  validateSeverity,
  validateSignalType,
  validateTtlMs,
  validateVote,
} from './validate.js';

export { commitmentHash } from '@macp-agent/protocol/commitment-hash';
export {
  buildCommitmentRef,
  buildProgressPayload,
  buildRoot,
  buildSignalPayload,
  type ProgressPayloadInput,
  type SignalPayloadInput,
} from './payload-builders.js';
export { ProtoRegistry, serializeMessage, type OpaquePayload } from './proto-registry.js';

// What agents need of the protocol, so that one import is enough
export { STANDARD_MODES } from './standard-modes.js';
export { ERROR_CODES, isMacpError, MACP_VERSION, MacpError } from '@macp-agent/protocol';
export type {
  Ack,
  AgentManifest,
  CommitmentPayload,
  CommitmentRef,
  Envelope,
  ErrorCode,
  LifecycleEventType,
  ModeDescriptor,
  ParticipantActivity,
  PolicyDescriptor,
  ProgressPayload,
  Root,
  SessionCancelPayload,
  SessionLifecycleEvent,
  SessionMetadata,
  SessionResumePayload,
  SessionStartPayload,
  SessionState,
  SessionSuspendPayload,
  SessionView,
  SignalPayload,
  TransportEndpoint,
  WireSessionState,
} from '@macp-agent/protocol';

// --- agent layer: the lines below belong to src/agent ---
// Bootstrap
export { loadBootstrap, type LoadBootstrapOptions } from './agent/load-bootstrap.js';
export {
  parseBootstrap,
  type Bootstrap,
  type CancelCallbackBootstrap,
  type ExecutionBootstrap,
  type ParseBootstrapOptions,
  type TimingBootstrap,
} from './agent/bootstrap.js';
export type { InitiatorBootstrap, KickoffBootstrap, SessionStartBootstrap } from './agent/bootstrap-initiator.js';
export type { KickoffPayload } from './agent/kickoff-payload.js';
export { describeProblem, InvalidBootstrapError, type BootstrapProblem, type BootstrapStep } from './agent/bootstrap-problem.js';
export { convertBootstrap, type BootstrapForm, type ConvertedBootstrap } from './agent/convert-bootstrap.js';
export { explainBootstrap } from './agent/explain-bootstrap.js';
export { maskSecrets } from './secrets.js';

// Agents
export { explainFailures } from './agent/explain-failures.js';
export { fromBootstrap, type FromBootstrapOptions } from './agent/from-bootstrap.js';
export { runAgent, type RunAgentOptions, type SetUpAgent } from './agent/run-agent.js';
export { Participant } from './agent/participant.js';
export type { HandlerErrorPolicy, ParticipantConfig } from './agent/participant-config.js';
export type { InitiatorConfig, PrepareKickoff } from './agent/join-session.js';
export type { ModeActions, ParticipantActions, ParticipantContext } from './agent/participant-context.js';
export type { ParticipantResult } from './agent/participant-result.js';
export { Dispatcher, type DecisionPayloads, type EventHandler, type ParticipantEvent, type PhaseHandler, type TerminalHandler } from './agent/dispatcher.js';
export type { AgentReport, ReportSink } from './agent/agent-report.js';
export { serveAgent, type AgentService, type ServeAgentOptions } from './agent/serve-agent.js';
export { startCancelCallbackServer, type CancelCallbackOptions, type CancelCallbackServer, type CancelOutcome } from './agent/cancel-callback-server.js';

// Strategies
export { evaluateProposals, type EvaluateProposalsOptions, type Evaluation } from './agent/evaluate-proposals.js';
export { voteAfterPeers, type VoteAfterPeersOptions, type VoteAnswer, type VoteQuestion } from './agent/vote-after-peers.js';
export { commitAfterVotes, leastVotes, type CommitAfterVotesOptions, type DecisionAnswer, type VoteResult } from './agent/commit-after-votes.js';
export { commitWhenReady, type CommitWhenReadyOptions } from './agent/commit-when-ready.js';
export { preflightCommitment, fetchPolicy, type Preflight } from './agent/commit-preflight.js';
export {
  commitmentHandler,
  evaluationHandler,
  functionCommitter,
  functionEvaluator,
  functionVoter,
  majorityCommitter,
  majorityVoter,
  votingHandler,
  type CommitmentAnswer,
  type CommitmentStrategy,
  type EvaluationStrategy,
  type VotingStrategy,
} from './agent/classic-strategies.js';

// The same names as one object, as `agent.fromBootstrap`
export { agent };
// --- end of the agent layer ---
