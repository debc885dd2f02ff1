// Connection and credentials
export { Auth, type AccessToken, type AuthConfig, type TokenSource } from './auth.js';
export { tokenFile } from './load-token-file.js';
export { MacpClient } from './client.js';
export { resolveClientOptions, VERSION, type ClientOptions, type ResolvedClientOptions } from './client-options.js';
export type { AckOptions, CallOptions } from './call-options.js';
export { silentLogger, type LogFields, type Logger } from './logger.js';
export { MacpStream } from './rpc/macp-stream.js';
export type { SendOptions } from './rpc/send.js';
export type { RetryPolicy } from './rpc/retry.js';
export { grpcStatusName } from './rpc/status.js';
export type { ProgressInput, SignalInput } from './rpc/signals.js';
export type { RegistryAnswer } from './registry/policies.js';

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

// Sessions
export { Session, type SendVia, type SessionOptions, type VerbOptions, type WithSender } from './session/session.js';
export { DecisionSession, type DecisionProposalInput, type EvaluationInput, type ObjectionInput, type VoteInput } from './session/decision-session.js';
export { SessionStream, type ReceivedEnvelope, type StreamOptions } from './session/session-stream.js';
export { Projection } from './session/projection.js';
export { DecisionProjection } from './session/decision-projection.js';
export type { BytesInput } from './session/bytes-input.js';

// Watches
export type { LifecycleChange } from './watch/lifecycle-hub.js';
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

// --- agent layer: the lines below belong to src/agent ---
// --- end of the agent layer ---
