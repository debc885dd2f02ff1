/** What a decision session has gathered; every map and list is replaced, never changed. */
export interface DecisionState {
  /** Entered by SessionStart, the first Proposal, the first Vote, the Commitment (modes.md §3.2). */
  readonly phase: 'Proposal' | 'Evaluation' | 'Voting' | 'Committed';
  readonly proposals: ReadonlyMap<string, DecisionProposal>;
  readonly evaluations: readonly DecisionEvaluation[];
  readonly objections: readonly DecisionObjection[];
  /** By proposal id, then by sender. */
  readonly votes: ReadonlyMap<string, ReadonlyMap<string, DecisionVote>>;
}

/** A choice on the table, by who put it there. */
export interface DecisionProposal {
  readonly proposalId: string;
  readonly option: string;
  readonly rationale: string;
  readonly sender: string;
}

/** A judgement of one proposal; a sender may give several. */
export interface DecisionEvaluation {
  readonly proposalId: string;
  /** APPROVE, REVIEW, BLOCK or REJECT. */
  readonly recommendation: string;
  readonly confidence: number;
  readonly reason: string;
  readonly sender: string;
}

/** A concern about one proposal; only critical ones can veto, and only under a policy. */
export interface DecisionObjection {
  readonly proposalId: string;
  /** low, medium, high or critical. */
  readonly severity: string;
  readonly reason: string;
  readonly sender: string;
}

/** One sender's only vote on a proposal. */
export interface DecisionVote {
  /** APPROVE, REJECT or ABSTAIN. */
  readonly vote: string;
  readonly reason: string;
}

export const INITIAL_DECISION_STATE: DecisionState = {
  phase: 'Proposal',
  proposals: new Map(),
  evaluations: [],
  objections: [],
  votes: new Map(),
};
