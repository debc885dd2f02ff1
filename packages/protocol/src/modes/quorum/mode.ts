import { checkPolicy } from '../../policy/check.js';
import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeInitiator, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_QUORUM } from './id.js';
import type { Mode, ModeMessage, SessionBinding } from '../mode.js';
import { requireParticipants } from '../start.js';
import type { ApprovalRequestPayload, ApprovePayload } from './messages.js';
import { quorumPolicy, quorumRulesOf, requiredApprovals } from './policy.js';
import { countBallots, INITIAL_QUORUM_STATE, type Ballot, type QuorumState } from './state.js';

const CHOICES: ReadonlyMap<string, Ballot['choice']> = new Map([
  ['Approve', 'APPROVE'],
  ['Reject', 'REJECT'],
  ['Abstain', 'ABSTAIN'],
]);

/** Quorum: the initiator asks for approval, each participant casts one ballot (RFC-MACP-0011; modes.md §7). */
export const quorumMode: Mode<QuorumState> = {
  descriptor: describeMode({
    mode: MODE_QUORUM,
    title: 'Quorum',
    description: 'The initiator requests approval of an action; participants cast one ballot each until the threshold is met or out of reach.',
    determinismClass: 'semantic-deterministic',
    participantModel: 'quorum',
    messageTypes: ['ApprovalRequest', ...CHOICES.keys()],
  }),
  strictStart: true,
  checkStart: (start) => requireParticipants(start),
  initial: () => INITIAL_QUORUM_STATE,
  authorize(_state, binding, sender, messageType) {
    if (messageType === 'Commitment') return authorizeCommitment(binding, sender);
    return messageType === 'ApprovalRequest' ? authorizeInitiator(binding, sender, messageType) : authorizeParticipant(binding, sender);
  },
  check,
  apply,
};

/** How far a quorum session is under its bound policy (modes.md §7.2). */
export interface QuorumProgress {
  readonly approvals: number;
  readonly required: number;
  /** Participants without a ballot. */
  readonly outstanding: number;
  readonly reached: boolean;
  /** The threshold is met, or can no longer be met: a Commitment may be sent. */
  readonly ready: boolean;
}

/** Undefined before the ApprovalRequest. */
export function quorumProgress(state: QuorumState, binding: Pick<SessionBinding, 'participants' | 'policy'>): QuorumProgress | undefined {
  if (state.request === undefined) return undefined;
  const participants = binding.participants.length;
  const required = requiredApprovals(quorumRulesOf(binding.policy), participants, state.request.requiredApprovals);
  const approvals = countBallots(state).approve;
  const outstanding = participants - state.ballots.size;
  const reached = approvals >= required;
  return { approvals, required, outstanding, reached, ready: reached || approvals + outstanding < required };
}

function check(state: QuorumState, binding: SessionBinding, message: ModeMessage): Verdict {
  if (message.messageType === 'ApprovalRequest') return checkRequest(state, binding, message.payload as ApprovalRequestPayload);
  if (CHOICES.has(message.messageType)) return checkBallot(state, message);
  if (message.messageType !== 'Commitment') return invalid(`${message.messageType} is not a message of the quorum mode`);
  const payload = message.payload as CommitmentPayload;
  const verdict = checkCommitment(binding, payload);
  if (!verdict.accepted) return verdict;
  const progress = quorumProgress(state, binding);
  if (progress === undefined) return invalid('a Commitment needs an ApprovalRequest first');
  if (!progress.ready) return invalid(`${progress.approvals} of ${progress.required} approvals, ${progress.outstanding} ballot(s) outstanding`);
  return checkPolicy(quorumPolicy, binding, state, payload.outcomePositive);
}

function checkRequest(state: QuorumState, binding: SessionBinding, payload: ApprovalRequestPayload): Verdict {
  if (state.request !== undefined) return invalid(`this session has the request ${state.request.requestId}`);
  if (payload.requestId === '') return invalid('request_id must not be empty');
  const participants = binding.participants.length;
  return payload.requiredApprovals >= 1 && payload.requiredApprovals <= participants
    ? ACCEPTED
    : invalid(`required_approvals must be between 1 and ${participants}`);
}

function checkBallot(state: QuorumState, message: ModeMessage): Verdict {
  const { requestId } = message.payload as ApprovePayload;
  if (state.request === undefined) return invalid(`${message.messageType} needs an ApprovalRequest first`);
  if (requestId !== state.request.requestId) return invalid(`the request of this session is ${state.request.requestId}, not ${requestId}`);
  return state.ballots.has(message.sender) ? invalid(`${message.sender} has cast a ballot`) : ACCEPTED;
}

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

function apply(state: QuorumState, _binding: SessionBinding, message: ModeMessage): QuorumState {
  if (message.messageType === 'ApprovalRequest') {
    const { requestId, action, summary, details, requiredApprovals: approvals } = message.payload as ApprovalRequestPayload;
    return { ...state, phase: 'Balloting', request: { requestId, action, summary, details, requiredApprovals: approvals } };
  }
  const choice = CHOICES.get(message.messageType);
  if (choice !== undefined) {
    const { reason } = message.payload as ApprovePayload;
    return { ...state, ballots: new Map(state.ballots).set(message.sender, { choice, reason }) };
  }
  return message.messageType === 'Commitment' ? { ...state, phase: 'Committed' } : state;
}
