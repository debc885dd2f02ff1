// What other packages import of the decision mode.
export { MODE_DECISION } from './id.js';
export { EvaluationPayload, ObjectionPayload, ProposalPayload, VotePayload } from './messages.js';
export type { DecisionEvaluation, DecisionObjection, DecisionProposal, DecisionState, DecisionVote } from './state.js';
export { parseDecisionRules, type DecisionRules } from './policy-rules.js';
export { evaluateDecision, tallyVotes, type VoteTally } from './policy.js';
export { buildDecisionPolicy, type DecisionPolicyInput } from './build-policy.js';
