import type { ModeDefinition } from '../definition.js';
import { AcceptPayload, CounterProposalPayload, ProposalPayload, RejectPayload, WithdrawPayload } from './messages.js';
import { proposalMode } from './mode.js';
import { proposalPolicy } from './policy.js';

export const definition: ModeDefinition = {
  mode: proposalMode,
  rfc: 8,
  payloads: {
    Proposal: ProposalPayload,
    CounterProposal: CounterProposalPayload,
    Accept: AcceptPayload,
    Reject: RejectPayload,
    Withdraw: WithdrawPayload,
  },
  policy: proposalPolicy,
};
