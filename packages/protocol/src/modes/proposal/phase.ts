import { proposalRulesOf, type ProposalRules } from './policy.js';
import type { SessionBinding } from '../mode.js';
import type { NegotiatedProposal, NegotiationPhase, ProposalState } from './state.js';

/** Where the negotiation stands under the bound policy: a standing terminal rejection wins over agreement (modes.md §4.2). */
export function negotiationPhase(state: ProposalState, binding: SessionBinding): NegotiationPhase {
  const rules = proposalRulesOf(binding.policy);
  const live = [...state.proposals.values()].filter((proposal) => proposal.disposition === 'Live');
  const ids = new Set(live.map((proposal) => proposal.proposalId));
  // Withdrawing a proposal takes its terminal rejections with it (M-19).
  const rejected = state.rejections.some((rejection) => ids.has(rejection.proposalId) && (rejection.terminal || rules.terminalOnAnyReject));
  if (rejected) return 'TerminalRejected';
  return live.some((proposal) => isAgreed(proposal, state, rules, binding)) ? 'Converged' : 'Negotiating';
}

function isAgreed(proposal: NegotiatedProposal, state: ProposalState, rules: ProposalRules, binding: SessionBinding): boolean {
  const accepts = (sender: string): boolean => state.accepts.get(sender)?.proposalId === proposal.proposalId;
  switch (rules.criterion) {
    case 'counterparty':
      return binding.participants.every((participant) => participant === proposal.author || accepts(participant));
    case 'initiator':
      return accepts(binding.initiator);
    default:
      return binding.participants.every(accepts);
  }
}
