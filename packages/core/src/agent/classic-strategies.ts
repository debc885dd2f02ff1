import type { DecisionProjection } from '../session/decision-projection.js';
import type { EventHandler } from './dispatcher.js';
import type { EvaluationPayload, ProposalPayload, VotePayload } from '@macp-agent/protocol';
import { hasVoted, ownEvaluation, requireDecision } from './decision-turn.js';
import type { Evaluation } from './evaluate-proposals.js';
import type { ParticipantContext } from './participant-context.js';
import type { VoteAnswer } from './vote-after-peers.js';

/**
 * The strategies of the older SDK, as handlers for `participant.on`. They act once per proposal and not on own messages.
 * `evaluateProposals`, `voteAfterPeers` and `commitAfterVotes` also wait for the others.
 */
export interface EvaluationStrategy {
  evaluate(proposal: ProposalPayload & { readonly sender: string }, session: ParticipantContext['session']): Evaluation | Promise<Evaluation>;
}

/** When to vote, and how; for `votingHandler`. */
export interface VotingStrategy {
  shouldVote(projection: DecisionProjection): boolean;
  decideVote(projection: DecisionProjection): VoteAnswer | Promise<VoteAnswer>;
}

/** The outcome to commit; `outcomePositive` defaults to what the action says. */
export interface CommitmentAnswer {
  readonly action: string;
  readonly authorityScope: string;
  readonly reason: string;
  readonly outcomePositive?: boolean;
}

/** When to commit, and what; for `commitmentHandler`. */
export interface CommitmentStrategy {
  shouldCommit(projection: DecisionProjection): boolean;
  decideCommitment(projection: DecisionProjection): CommitmentAnswer | Promise<CommitmentAnswer>;
}

/** For `participant.on('Proposal', ...)`: evaluates each proposal of others once. */
export function evaluationHandler(strategy: EvaluationStrategy): EventHandler<ProposalPayload> {
  return async ({ payload, sender, replayed }, ctx) => {
    const self = ctx.participant.participantId;
    const decision = requireDecision(ctx, 'evaluationHandler');
    if (sender === self || replayed || decision.phase !== 'Evaluation' || ownEvaluation(decision, self, payload.proposalId) !== undefined) return;
    const { recommendation, confidence, reason } = await strategy.evaluate({ ...payload, sender }, ctx.session);
    await ctx.actions.evaluate({ proposalId: payload.proposalId, recommendation, confidence, reason });
  };
}

/** For `participant.on('Evaluation', ...)`: votes once on a proposal as soon as the strategy wants to. */
export function votingHandler(strategy: VotingStrategy): EventHandler<EvaluationPayload> {
  return async ({ payload, replayed }, ctx) => {
    const decision = requireDecision(ctx, 'votingHandler');
    const { proposalId } = payload;
    if (replayed || hasVoted(decision, ctx.participant.participantId, proposalId)) return;
    const projection = ctx.projection as DecisionProjection;
    if (!strategy.shouldVote(projection)) return;
    const { vote, reason } = await strategy.decideVote(projection);
    await ctx.actions.vote({ proposalId, vote, reason });
  };
}

/** For `participant.on('Vote', ...)`: commits once, as soon as the strategy wants to. */
export function commitmentHandler(strategy: CommitmentStrategy): EventHandler<VotePayload> {
  return async ({ replayed }, ctx) => {
    const projection = ctx.projection as DecisionProjection;
    requireDecision(ctx, 'commitmentHandler');
    if (replayed || projection.isCommitted || !strategy.shouldCommit(projection)) return;
    await ctx.actions.commit(await strategy.decideCommitment(projection));
  };
}

/** A function as an evaluation strategy. */
export function functionEvaluator(evaluate: EvaluationStrategy['evaluate']): EvaluationStrategy {
  return { evaluate };
}

/** Two functions as a voting strategy. */
export function functionVoter(shouldVote: VotingStrategy['shouldVote'], decideVote: VotingStrategy['decideVote']): VotingStrategy {
  return { shouldVote, decideVote };
}

/** Two functions as a commitment strategy. */
export function functionCommitter(
  shouldCommit: CommitmentStrategy['shouldCommit'],
  decideCommitment: CommitmentStrategy['decideCommitment'],
): CommitmentStrategy {
  return { shouldCommit, decideCommitment };
}

/** Votes with the evaluations: APPROVE when more than `positiveThreshold` (default 0.5) of those that do not say REVIEW approve. */
export function majorityVoter({ positiveThreshold = 0.5 }: { readonly positiveThreshold?: number } = {}): VotingStrategy {
  const share = (projection: DecisionProjection): { approve: number; all: number } => {
    const counted = projection.qualifyingEvaluations();
    return { approve: counted.filter(({ recommendation }) => recommendation === 'APPROVE').length, all: counted.length };
  };
  return {
    shouldVote: (projection) => projection.evaluations.length > 0,
    decideVote: (projection) => {
      const { approve, all } = share(projection);
      const reason = `${approve} of ${all} evaluations approve`;
      if (all === 0) return { vote: 'ABSTAIN', reason };
      return { vote: approve / all > positiveThreshold ? 'APPROVE' : 'REJECT', reason };
    },
  };
}

/** Commits when a proposal has the majority and at least `quorumSize` (default 1) approvals. */
export function majorityCommitter(
  options: { readonly quorumSize?: number; readonly action?: string; readonly authorityScope?: string } = {},
): CommitmentStrategy {
  const { quorumSize = 1, action = 'commit', authorityScope = 'session' } = options;
  const winner = (projection: DecisionProjection): string | undefined => {
    const id = projection.majorityWinner();
    return id !== undefined && (projection.voteTotals()[id] ?? 0) >= quorumSize ? id : undefined;
  };
  return {
    shouldCommit: (projection) => winner(projection) !== undefined,
    decideCommitment: (projection) => ({ action, authorityScope, reason: `${winner(projection) ?? 'no proposal'} has the majority` }),
  };
}
