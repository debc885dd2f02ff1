import {
  MODE_DECISION,
  type DecisionEvaluation,
  type DecisionObjection,
  type DecisionProposal,
  type DecisionState,
  type DecisionVote,
} from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** Questions about a decision session (RFC-MACP-0007), answered from its view. */
export class DecisionProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known, and in sessions of other modes. */
  get state(): DecisionState | undefined {
    return this.stateOf<DecisionState>(MODE_DECISION);
  }

  /** Proposal from the start, Evaluation after a proposal, Voting after a vote, Committed. */
  override get phase(): string {
    return this.state?.phase ?? 'Proposal';
  }

  /** By proposal id, in the order of acceptance. */
  get proposals(): ReadonlyMap<string, DecisionProposal> {
    return this.state?.proposals ?? new Map();
  }

  /** All evaluations, in the order of acceptance; a sender may have several. */
  get evaluations(): readonly DecisionEvaluation[] {
    return this.state?.evaluations ?? [];
  }

  /** All objections, in the order of acceptance. */
  get objections(): readonly DecisionObjection[] {
    return this.state?.objections ?? [];
  }

  /** By proposal id, then by sender. */
  get votes(): ReadonlyMap<string, ReadonlyMap<string, DecisionVote>> {
    return this.state?.votes ?? new Map();
  }

  /** Approving votes per proposal id; 0 for a proposal without one. */
  voteTotals(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const proposalId of this.proposals.keys()) totals[proposalId] = 0;
    for (const [proposalId, votes] of this.votes) totals[proposalId] = count(votes, 'APPROVE');
    return totals;
  }

  /** The proposal with more than half of all votes that do not abstain, if there is one. */
  majorityWinner(): string | undefined {
    let all = 0;
    for (const votes of this.votes.values()) all += votes.size - count(votes, 'ABSTAIN');
    return Object.entries(this.voteTotals()).find(([, approvals]) => approvals * 2 > all)?.[0];
  }

  /** Approving share of the votes on a proposal that do not abstain, 0 to 1; 0 without votes. */
  voteRatio(proposalId: string): number {
    const votes = this.votes.get(proposalId);
    if (votes === undefined) return 0;
    const counted = votes.size - count(votes, 'ABSTAIN');
    return counted === 0 ? 0 : count(votes, 'APPROVE') / counted;
  }

  /** Whether somebody objected with severity critical, to this proposal or to any. */
  hasBlockingObjection(proposalId?: string): boolean {
    return this.objections.some((objection) => objection.severity === 'critical' && (proposalId === undefined || objection.proposalId === proposalId));
  }

  /** Evaluations that recommend REVIEW. */
  reviewEvaluations(): readonly DecisionEvaluation[] {
    return this.evaluations.filter(({ recommendation }) => recommendation === 'REVIEW');
  }

  /** All evaluations but REVIEW. */
  qualifyingEvaluations(): readonly DecisionEvaluation[] {
    return this.evaluations.filter(({ recommendation }) => recommendation !== 'REVIEW');
  }
}

function count(votes: ReadonlyMap<string, DecisionVote>, word: string): number {
  let found = 0;
  for (const { vote } of votes.values()) if (vote === word) found += 1;
  return found;
}
