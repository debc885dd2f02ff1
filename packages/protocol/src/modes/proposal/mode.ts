import { checkPolicy } from '../../policy/check.js';
import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_PROPOSAL } from './id.js';
import type { Mode, ModeMessage, SessionBinding } from '../mode.js';
import { requireParticipants } from '../start.js';
import type { AcceptPayload, CounterProposalPayload, ProposalPayload, RejectPayload, WithdrawPayload } from './messages.js';
import { negotiationPhase } from './phase.js';
import { proposalPolicy, proposalRulesOf } from './policy.js';
import { INITIAL_PROPOSAL_STATE, type NegotiatedProposal, type ProposalState } from './state.js';

/** Proposal: peers propose, counter, accept, reject and withdraw until they agree (RFC-MACP-0008; modes.md §4). */
export const proposalMode: Mode<ProposalState> = {
  descriptor: describeMode({
    mode: MODE_PROPOSAL,
    title: 'Proposal',
    description: 'Peers negotiate with proposals and counter-proposals until they agree or one rejects for good.',
    determinismClass: 'semantic-deterministic',
    participantModel: 'peer',
    messageTypes: ['Proposal', 'CounterProposal', 'Accept', 'Reject', 'Withdraw'],
  }),
  strictStart: true,
  checkStart: (start) => requireParticipants(start),
  initial: () => INITIAL_PROPOSAL_STATE,
  authorize: (_state, binding, sender, messageType) =>
    messageType === 'Commitment' ? authorizeCommitment(binding, sender) : authorizeParticipant(binding, sender),
  check,
  apply: (state, binding, message) => {
    if (message.messageType === 'Commitment') return { ...state, phase: 'Committed' };
    const next = reduce(state, message);
    return next === state ? state : { ...next, phase: negotiationPhase(next, binding) };
  },
};

function check(state: ProposalState, binding: SessionBinding, message: ModeMessage): Verdict {
  switch (message.messageType) {
    case 'Proposal':
      return requireNewId(state, (message.payload as ProposalPayload).proposalId);
    case 'CounterProposal':
      return checkCounter(state, binding, message.payload as CounterProposalPayload);
    case 'Accept':
    case 'Reject':
      return requireLive(state, (message.payload as AcceptPayload | RejectPayload).proposalId);
    case 'Withdraw':
      return checkWithdraw(state, message.sender, message.payload as WithdrawPayload);
    case 'Commitment': {
      const payload = message.payload as CommitmentPayload;
      const verdict = checkCommitment(binding, payload);
      if (!verdict.accepted) return verdict;
      // Not the stored phase: who asks may know the policy although the fold did not.
      if (negotiationPhase(state, binding) === 'Negotiating') return invalid('a Commitment needs an agreed or a definitively rejected proposal');
      return checkPolicy(proposalPolicy, binding, state, payload.outcomePositive);
    }
    default:
      return invalid(`${message.messageType} is not a message of the proposal mode`);
  }
}

function requireNewId(state: ProposalState, proposalId: string): Verdict {
  if (proposalId.trim() === '') return invalid('proposal_id must not be blank');
  return state.proposals.has(proposalId) ? invalid(`the proposal ${proposalId} exists`) : ACCEPTED;
}

function checkCounter(state: ProposalState, binding: SessionBinding, payload: CounterProposalPayload): Verdict {
  const verdict = requireNewId(state, payload.proposalId);
  if (!verdict.accepted) return verdict;
  if (payload.supersedesProposalId.trim() === '') return invalid('a CounterProposal needs supersedes_proposal_id');
  if (!state.proposals.has(payload.supersedesProposalId)) return invalid(`the proposal ${payload.supersedesProposalId} is not known`);
  const { maxRounds } = proposalRulesOf(binding.policy);
  return maxRounds > 0 && state.counterProposals >= maxRounds ? invalid(`the policy allows ${maxRounds} counter-proposal(s)`) : ACCEPTED;
}

function requireLive(state: ProposalState, proposalId: string): Verdict {
  const proposal = state.proposals.get(proposalId);
  if (proposal === undefined) return invalid(`the proposal ${proposalId} is not known`);
  return proposal.disposition === 'Live' ? ACCEPTED : invalid(`the proposal ${proposalId} was withdrawn`);
}

function checkWithdraw(state: ProposalState, sender: string, { proposalId }: WithdrawPayload): Verdict {
  if (proposalId.trim() === '') return invalid('proposal_id must not be blank');
  const proposal = state.proposals.get(proposalId);
  if (proposal === undefined) return invalid(`the proposal ${proposalId} is not known`);
  if (proposal.author !== sender) return refuse('FORBIDDEN', `only its author may withdraw the proposal ${proposalId}`);
  return proposal.disposition === 'Live' ? ACCEPTED : invalid(`the proposal ${proposalId} was withdrawn`);
}

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

function reduce(state: ProposalState, message: ModeMessage): ProposalState {
  const { sender } = message;
  switch (message.messageType) {
    case 'Proposal': {
      const { proposalId, title, summary, details } = message.payload as ProposalPayload;
      return {
        ...state,
        proposals: withProposal(state, { proposalId, author: sender, supersedesProposalId: '', title, summary, details, disposition: 'Live' }),
      };
    }
    case 'CounterProposal': {
      const { proposalId, supersedesProposalId, title, summary, details } = message.payload as CounterProposalPayload;
      const proposals = withProposal(state, { proposalId, author: sender, supersedesProposalId, title, summary, details, disposition: 'Live' });
      return { ...state, proposals, counterProposals: state.counterProposals + 1 };
    }
    case 'Accept': {
      const { proposalId, reason } = message.payload as AcceptPayload;
      return { ...state, accepts: new Map(state.accepts).set(sender, { proposalId, reason }) };
    }
    case 'Reject': {
      const { proposalId, terminal, reason } = message.payload as RejectPayload;
      return { ...state, rejections: [...state.rejections, { proposalId, sender, terminal, reason }] };
    }
    case 'Withdraw':
      return withdraw(state, (message.payload as WithdrawPayload).proposalId);
    default:
      return state;
  }
}

function withProposal(state: ProposalState, proposal: NegotiatedProposal): ReadonlyMap<string, NegotiatedProposal> {
  return new Map(state.proposals).set(proposal.proposalId, proposal);
}

/** Takes the accepts of the proposal with it; its rejections stay as history, without effect. */
function withdraw(state: ProposalState, proposalId: string): ProposalState {
  const proposal = state.proposals.get(proposalId);
  if (proposal === undefined) return state;
  const accepts = new Map([...state.accepts].filter(([, accept]) => accept.proposalId !== proposalId));
  return { ...state, accepts, proposals: withProposal(state, { ...proposal, disposition: 'Withdrawn' }) };
}
