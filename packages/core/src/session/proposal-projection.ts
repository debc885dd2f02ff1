import { MODE_PROPOSAL, type NegotiatedProposal, type ProposalAccept, type ProposalRejection, type ProposalState } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** Questions about a proposal session (RFC-MACP-0008), answered from its view. */
export class ProposalProjection extends Projection {
  get state(): ProposalState | undefined {
    return this.stateOf<ProposalState>(MODE_PROPOSAL);
  }

  get proposals(): ReadonlyMap<string, NegotiatedProposal> {
    return this.state?.proposals ?? new Map();
  }

  /** The proposal that each sender accepts now. */
  get accepts(): ReadonlyMap<string, ProposalAccept> {
    return this.state?.accepts ?? new Map();
  }

  get rejections(): readonly ProposalRejection[] {
    return this.state?.rejections ?? [];
  }

  /** Proposals that their author has not withdrawn. */
  liveProposals(): NegotiatedProposal[] {
    return [...this.proposals.values()].filter(({ disposition }) => disposition === 'Live');
  }

  /** Live proposals that nobody rejected for good. */
  activeProposals(): NegotiatedProposal[] {
    return this.liveProposals().filter(({ proposalId }) => !this.isTerminallyRejected(proposalId));
  }

  latestProposal(): NegotiatedProposal | undefined {
    return [...this.proposals.values()].at(-1);
  }

  /** Whether somebody accepts this proposal now. */
  isAccepted(proposalId: string): boolean {
    return [...this.accepts.values()].some((accept) => accept.proposalId === proposalId);
  }

  isTerminallyRejected(proposalId: string): boolean {
    return this.rejections.some((rejection) => rejection.terminal && rejection.proposalId === proposalId);
  }

  /** The proposal that all accepts name; undefined without accepts, or when they differ. */
  acceptedProposal(): string | undefined {
    const named = new Set([...this.accepts.values()].map(({ proposalId }) => proposalId));
    return named.size === 1 ? [...named][0] : undefined;
  }

  hasTerminalRejection(): boolean {
    return this.rejections.some(({ terminal }) => terminal);
  }
}
