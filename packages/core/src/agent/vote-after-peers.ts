import { isMacpError, type DecisionEvaluation, type DecisionObjection, type DecisionProposal, type DecisionState } from '@macp-agent/protocol';
import { validateVote } from '../validate.js';
import { EVALUATION, foreignProposals, hasVoted, latestEvaluations, objectionsTo, ownAssessment, requireDecision, sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';

/** What is known when a vote is due. */
export interface VoteQuestion {
  readonly proposal: DecisionProposal;
  /** The latest evaluation of each sender, own one included. */
  readonly evaluations: readonly DecisionEvaluation[];
  /** What this agent thinks itself, also when it was too late to say so; undefined when it abstained. */
  readonly own?: DecisionEvaluation;
  readonly objections: readonly DecisionObjection[];
}

/** A vote and why. */
export interface VoteAnswer {
  readonly vote: 'APPROVE' | 'REJECT' | 'ABSTAIN';
  readonly reason: string;
}

/** What `voteAfterPeers` takes. */
export interface VoteAfterPeersOptions {
  /** Called once for each proposal of somebody else. An error with code MODEL_FAILED becomes the vote ABSTAIN. */
  readonly vote: (question: VoteQuestion, ctx: ParticipantContext) => VoteAnswer | Promise<VoteAnswer>;
  /** How long to wait for the evaluations of the others, in milliseconds from the proposal. Default MACP_PEER_WAIT_MS, else 10 000. */
  readonly peerWaitMs?: number;
}

const PEER_WAIT_MS = 10_000;

/**
 * Votes once on each proposal of others, after its own assessment: when every participant but the initiator and the proposer has
 * evaluated it, or somebody else has voted, because no evaluation can follow a vote. When the wait is over it votes in any case.
 */
export function voteAfterPeers(options: VoteAfterPeersOptions): (participant: Participant) => void {
  return (participant) => {
    const waitMs = options.peerWaitMs ?? participant.bootstrap?.timing.peerWaitMs ?? PEER_WAIT_MS;
    const seen = new Set<string>();
    const late = new Set<string>();
    const done = new Set<string>();
    participant.onChange(async (ctx) => {
      const self = participant.participantId;
      for (const proposal of foreignProposals(requireDecision(ctx, 'voteAfterPeers'), self)) {
        const { proposalId } = proposal;
        const decision = requireDecision(ctx, 'voteAfterPeers');
        if (done.has(proposalId) || hasVoted(decision, self, proposalId)) continue;
        if (!seen.has(proposalId)) {
          seen.add(proposalId);
          ctx.after(waitMs, () => {
            late.add(proposalId);
            participant.poke();
          });
        }
        if (!late.has(proposalId) && !isDue(decision, proposal, ctx)) continue;
        await voteOnce(proposal, options, ctx);
        done.add(proposalId);
      }
    });
  };
}

function isDue(decision: DecisionState, proposal: DecisionProposal, ctx: ParticipantContext): boolean {
  const { initiator, participants } = ctx.session;
  const self = ctx.participant.participantId;
  const evaluated = new Set(latestEvaluations(decision, proposal.proposalId).map(({ sender }) => sender));
  // An own assessment that is still in the making comes first: it grounds the vote even when it is too late to be sent.
  if (ctx.participant.finished.get(EVALUATION)?.has(proposal.proposalId) === false && !evaluated.has(self)) return false;
  if ((decision.votes.get(proposal.proposalId)?.size ?? 0) > 0) return true;
  return participants.every((name) => name === self || name === initiator || name === proposal.sender || evaluated.has(name));
}

async function voteOnce(proposal: DecisionProposal, { vote }: VoteAfterPeersOptions, ctx: ParticipantContext): Promise<void> {
  const { proposalId } = proposal;
  const decision = requireDecision(ctx, 'voteAfterPeers');
  const own = ownAssessment(decision, ctx.participant, proposalId);
  const question = {
    proposal,
    evaluations: latestEvaluations(decision, proposalId),
    objections: objectionsTo(decision, proposalId),
    ...(own !== undefined && { own }),
  };
  const answer = await answerOf(question, vote, ctx);
  await sendOnce(ctx, 'Vote', proposalId, { proposalId, vote: validateVote(answer.vote), reason: answer.reason });
}

async function answerOf(question: VoteQuestion, vote: VoteAfterPeersOptions['vote'], ctx: ParticipantContext): Promise<VoteAnswer> {
  try {
    return await vote(question, ctx);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'MODEL_FAILED') throw error;
    ctx.participant.report({ type: 'abstained', reason: error.message });
    return { vote: 'ABSTAIN', reason: 'the model gave no usable answer' };
  }
}
