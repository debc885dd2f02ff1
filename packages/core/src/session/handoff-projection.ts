import { MODE_HANDOFF, type HandoffOffer, type HandoffState } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** An offer and how it stands. */
export type ProjectedHandoff = HandoffOffer & { readonly status: 'offered' | 'context_sent' | 'accepted' | 'declined' };

/** Questions about a handoff session (RFC-MACP-0010), answered from its view. */
export class HandoffProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known, and in sessions of other modes. */
  get state(): HandoffState | undefined {
    return this.stateOf<HandoffState>(MODE_HANDOFF);
  }

  /** Pending from the start, then as the latest offer stands: OfferPending, ContextSharing, Accepted, Declined; Committed. */
  override get phase(): string {
    const phase = this.state?.phase ?? 'NoOffer';
    if (phase === 'NoOffer') return 'Pending';
    if (phase !== 'Offered') return phase;
    return this.activeOffer?.status === 'context_sent' ? 'ContextSharing' : 'OfferPending';
  }

  /** By handoff id, in the order of acceptance. */
  get handoffs(): ReadonlyMap<string, ProjectedHandoff> {
    const handoffs = new Map<string, ProjectedHandoff>();
    for (const [id, offer] of this.state?.offers ?? []) handoffs.set(id, { ...offer, status: statusOf(offer) });
    return handoffs;
  }

  /** The latest offer that was neither accepted nor declined. */
  get activeOffer(): ProjectedHandoff | undefined {
    return this.pendingHandoffs().at(-1);
  }

  /** The offer with this id. */
  getHandoff(handoffId: string): ProjectedHandoff | undefined {
    return this.handoffs.get(handoffId);
  }

  /** Offers that were neither accepted nor declined. */
  pendingHandoffs(): ProjectedHandoff[] {
    return [...this.handoffs.values()].filter(({ disposition }) => disposition === 'Offered');
  }

  /** Whether this offer was accepted. */
  isAccepted(handoffId: string): boolean {
    return this.getHandoff(handoffId)?.disposition === 'Accepted';
  }

  /** Whether this offer was declined. */
  isDeclined(handoffId: string): boolean {
    return this.getHandoff(handoffId)?.disposition === 'Declined';
  }

  /** Accepted by a timeout of the policy instead of the target. */
  isImplicitlyAccepted(handoffId: string): boolean {
    const offer = this.getHandoff(handoffId);
    return offer?.disposition === 'Accepted' && offer.implicit;
  }

  /** Whether this offer, or any, was accepted. */
  hasAcceptedOffer(handoffId?: string): boolean {
    return [...this.handoffs.values()].some((offer) => offer.disposition === 'Accepted' && (handoffId === undefined || offer.handoffId === handoffId));
  }
}

function statusOf({ disposition, contexts }: HandoffOffer): ProjectedHandoff['status'] {
  if (disposition === 'Accepted') return 'accepted';
  if (disposition === 'Declined') return 'declined';
  return contexts.length > 0 ? 'context_sent' : 'offered';
}
