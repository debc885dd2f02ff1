// What other packages import of the proposal mode. Short payload names that another mode has too carry the mode here.
export { MODE_PROPOSAL } from './id.js';
export {
  AcceptPayload,
  CounterProposalPayload,
  ProposalPayload as ProposalModeProposalPayload,
  RejectPayload as ProposalModeRejectPayload,
  WithdrawPayload,
} from './messages.js';
export type { NegotiatedProposal, ProposalAccept, ProposalRejection, ProposalState } from './state.js';
export { negotiationPhase } from './phase.js';
export { parseProposalRules, type ProposalRules } from './policy.js';
export { buildProposalPolicy, type ProposalPolicyInput } from './build-policy.js';
