import { MODE_PROPOSAL, type NegotiatedProposal, type ProposalAccept, type ProposalRejection, type ProposalState } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** A proposal and how it stands: withdrawn by its author, rejected for good by somebody, accepted by somebody now, else open. */
export type ProjectedProposal = NegotiatedProposal & { readonly status: 'open' | 'accepted' | 'rejected' | 'withdrawn' };

/** Questions about a proposal session (RFC-MACP-0008), answered from its view. */
export class ProposalProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known, and in sessions of other modes. */
  get state(): ProposalState | undefined {
    return this.stateOf<ProposalState>(MODE_PROPOSAL);
  }

  /** Negotiating from the start, TerminalRejected, Committed; and Converged, where the accepts allow a commitment. */
  override get phase(): string {
    return this.state?.phase ?? 'Negotiating';
  }

  /** By proposal id, in the order of acceptance. */
  get proposals(): ReadonlyMap<string, ProjectedProposal> {
    const proposals = new Map<string, ProjectedProposal>();
    for (const [id, proposal] of this.state?.proposals ?? []) proposals.set(id, { ...proposal, status: this.#statusOf(proposal) });
    return proposals;
  }

  /** The current accept of each sender. */
  get accepts(): readonly (ProposalAccept & { readonly sender: string })[] {
    return Array.from(this.state?.accepts ?? [], ([sender, accept]) => ({ sender, ...accept }));
  }

  /** All rejections, in the order of acceptance. */
  get rejections(): readonly ProposalRejection[] {
    return this.state?.rejections ?? [];
  }

  /** Proposals that their author has not withdrawn. */
  liveProposals(): ProjectedProposal[] {
    return [...this.proposals.values()].filter(({ disposition }) => disposition === 'Live');
  }

  /** Live proposals that nobody rejected for good. */
  activeProposals(): ProjectedProposal[] {
    return this.liveProposals().filter(({ status }) => status !== 'rejected');
  }

  /** The proposal that came last; undefined before the first. */
  latestProposal(): ProjectedProposal | undefined {
    return [...this.proposals.values()].at(-1);
  }

  /** Whether somebody accepts this proposal now. */
  isAccepted(proposalId: string): boolean {
    return this.accepts.some((accept) => accept.proposalId === proposalId);
  }

  /** Whether somebody rejected this proposal for good. */
  isTerminallyRejected(proposalId: string): boolean {
    return this.rejections.some((rejection) => rejection.terminal && rejection.proposalId === proposalId);
  }

  /** The proposal that all accepts name; undefined without accepts, or when they differ. */
  acceptedProposal(): string | undefined {
    const named = new Set(this.accepts.map(({ proposalId }) => proposalId));
    return named.size === 1 ? [...named][0] : undefined;
  }

  /** Whether somebody rejected any proposal for good. */
  hasTerminalRejection(): boolean {
    return this.rejections.some(({ terminal }) => terminal);
  }

  #statusOf({ proposalId, disposition }: NegotiatedProposal): ProjectedProposal['status'] {
    if (disposition === 'Withdrawn') return 'withdrawn';
    if (this.isTerminallyRejected(proposalId)) return 'rejected';
    return this.isAccepted(proposalId) ? 'accepted' : 'open';
  }
}
