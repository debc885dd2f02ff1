import { requireParticipants } from '../start.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { checkPolicy } from '../../policy/check.js';
import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import { authorizeCommitment, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_DECISION } from './id.js';
import type { Mode, ModeMessage, SessionBinding } from '../mode.js';
import type { EvaluationPayload, ObjectionPayload, ProposalPayload, VotePayload } from './messages.js';
import { decisionPolicy } from './policy.js';
import { INITIAL_DECISION_STATE, type DecisionState } from './state.js';

const RECOMMENDATIONS = ['APPROVE', 'REVIEW', 'BLOCK', 'REJECT'];
const SEVERITIES = ['low', 'medium', 'high', 'critical'];
const VOTES = ['APPROVE', 'REJECT', 'ABSTAIN'];
const MESSAGE_TYPES = ['Proposal', 'Evaluation', 'Objection', 'Vote'];

/** Decision: participants propose, evaluate, object and vote, one Commitment ends it (RFC-MACP-0007; modes.md §3). */
export const decisionMode: Mode<DecisionState> = {
  descriptor: describeMode({
    mode: MODE_DECISION,
    title: 'Decision',
    description: 'Participants propose, evaluate, object and vote; one commitment ends the session.',
    determinismClass: 'semantic-deterministic',
    participantModel: 'declared',
    messageTypes: MESSAGE_TYPES,
  }),
  strictStart: true,
  checkStart: (start) => requireParticipants(start),
  initial: () => INITIAL_DECISION_STATE,
  authorize(_state, binding, sender, messageType) {
    if (messageType === 'Commitment') return authorizeCommitment(binding, sender);
    if (!MESSAGE_TYPES.includes(messageType)) return refuse('FORBIDDEN', `${messageType} is not a message of the decision mode`);
    return authorizeParticipant(binding, sender);
  },
  check,
  apply,
};

function check(state: DecisionState, binding: SessionBinding, message: ModeMessage): Verdict {
  switch (message.messageType) {
    case 'Proposal':
      return checkProposal(state, message.payload as ProposalPayload);
    case 'Evaluation': {
      const { proposalId, recommendation, confidence } = message.payload as EvaluationPayload;
      if (!RECOMMENDATIONS.includes(recommendation.toUpperCase())) return invalid(`recommendation must be one of ${RECOMMENDATIONS.join(', ')}`);
      // NaN fails this comparison, so it is refused too.
      if (!(confidence >= 0 && confidence <= 1)) return invalid('confidence must be between 0 and 1');
      return inEvaluation(state, proposalId, 'an Evaluation');
    }
    case 'Objection': {
      const { proposalId, severity } = message.payload as ObjectionPayload;
      if (severity !== '' && !SEVERITIES.includes(severity.toLowerCase())) return invalid(`severity must be one of ${SEVERITIES.join(', ')}`);
      return inEvaluation(state, proposalId, 'an Objection');
    }
    case 'Vote':
      return checkVote(state, message.sender, message.payload as VotePayload);
    default: {
      const payload = message.payload as CommitmentPayload;
      const verdict = checkCommitment(binding, payload);
      if (!verdict.accepted) return verdict;
      if (state.proposals.size === 0) return invalid('a Commitment needs at least one proposal');
      return checkPolicy(decisionPolicy, binding, state, payload.outcomePositive);
    }
  }
}

function checkProposal(state: DecisionState, payload: ProposalPayload): Verdict {
  if (state.phase === 'Voting') return invalid('voting has begun: no further proposals');
  if (payload.proposalId.trim() === '' || payload.option.trim() === '') return invalid('a Proposal needs proposal_id and option');
  if (state.proposals.has(payload.proposalId)) return invalid(`the proposal ${payload.proposalId} exists`);
  return ACCEPTED;
}

function checkVote(state: DecisionState, sender: string, payload: VotePayload): Verdict {
  if (!VOTES.includes(payload.vote.toUpperCase())) return invalid(`vote must be one of ${VOTES.join(', ')}`);
  if (state.phase === 'Proposal') return invalid('a Vote needs a proposal first');
  if (!state.proposals.has(payload.proposalId)) return invalid(`the proposal ${payload.proposalId} is not known`);
  if (state.votes.get(payload.proposalId)?.has(sender)) return invalid(`${sender} has voted on ${payload.proposalId}`);
  return ACCEPTED;
}

function inEvaluation(state: DecisionState, proposalId: string, what: string): Verdict {
  if (state.phase === 'Proposal') return invalid(`${what} needs a proposal first`);
  if (state.phase !== 'Evaluation') return invalid(`${what} must come before the first vote`);
  return state.proposals.has(proposalId) ? ACCEPTED : invalid(`the proposal ${proposalId} is not known`);
}

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

function apply(state: DecisionState, _binding: SessionBinding, message: ModeMessage): DecisionState {
  const { sender } = message;
  switch (message.messageType) {
    case 'Proposal': {
      const { proposalId, option, rationale } = message.payload as ProposalPayload;
      const phase = state.phase === 'Proposal' ? 'Evaluation' : state.phase;
      return { ...state, phase, proposals: new Map(state.proposals).set(proposalId, { proposalId, option, rationale, sender }) };
    }
    case 'Evaluation': {
      const { proposalId, recommendation, confidence, reason } = message.payload as EvaluationPayload;
      const evaluation = { proposalId, recommendation: recommendation.toUpperCase(), confidence, reason, sender };
      return { ...state, evaluations: [...state.evaluations, evaluation] };
    }
    case 'Objection': {
      const { proposalId, severity, reason } = message.payload as ObjectionPayload;
      const objection = { proposalId, severity: severity === '' ? 'medium' : severity.toLowerCase(), reason, sender };
      return { ...state, objections: [...state.objections, objection] };
    }
    case 'Vote': {
      const { proposalId, vote, reason } = message.payload as VotePayload;
      const votes = new Map(state.votes.get(proposalId)).set(sender, { vote: vote.toUpperCase(), reason });
      return { ...state, phase: 'Voting', votes: new Map(state.votes).set(proposalId, votes) };
    }
    case 'Commitment':
      return { ...state, phase: 'Committed' };
    default:
      return state;
  }
}
