/** What a proposal session has gathered; every map and list is replaced, never changed. */
export interface ProposalState {
  /** Under the bound policy; a fold without the policy takes the defaults (modes.md §4.2). */
  readonly phase: NegotiationPhase | 'Committed';
  readonly proposals: ReadonlyMap<string, NegotiatedProposal>;
  /** The proposal that each sender accepts now. */
  readonly accepts: ReadonlyMap<string, ProposalAccept>;
  readonly rejections: readonly ProposalRejection[];
  /** Counter-proposals so far, withdrawn ones included. */
  readonly counterProposals: number;
}

/** Where a negotiation stands, recomputed after every message (modes.md §4.2). */
export type NegotiationPhase = 'Negotiating' | 'Converged' | 'TerminalRejected';

/** A proposal or counter-proposal. */
export interface NegotiatedProposal {
  readonly proposalId: string;
  readonly author: string;
  /** The proposal that a counter-proposal answers; empty otherwise. */
  readonly supersedesProposalId: string;
  readonly title: string;
  readonly summary: string;
  readonly details: Uint8Array;
  /** Live until its author withdraws it; a counter-proposal does not retire it. */
  readonly disposition: 'Live' | 'Withdrawn';
}

/** A sender's current accept; a later one replaces it. */
export interface ProposalAccept {
  readonly proposalId: string;
  readonly reason: string;
}

/** One rejection, kept as history. */
export interface ProposalRejection {
  readonly proposalId: string;
  readonly sender: string;
  /** As the sender said; a policy may make every rejection terminal. */
  readonly terminal: boolean;
  readonly reason: string;
}

export const INITIAL_PROPOSAL_STATE: ProposalState = {
  phase: 'Negotiating',
  proposals: new Map(),
  accepts: new Map(),
  rejections: [],
  counterProposals: 0,
};
