// What other packages import of the quorum mode. Short payload names that another mode has too carry the mode here.
export { MODE_QUORUM } from './id.js';
export { AbstainPayload, ApprovalRequestPayload, ApprovePayload, RejectPayload as QuorumModeRejectPayload } from './messages.js';
export { countBallots, type ApprovalRequest, type Ballot, type BallotCount, type QuorumState } from './state.js';
export { quorumProgress, type QuorumProgress } from './mode.js';
export { parseQuorumRules, type QuorumRules } from './policy.js';
export { buildQuorumPolicy, type QuorumPolicyInput } from './build-policy.js';
