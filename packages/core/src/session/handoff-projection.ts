import { MODE_HANDOFF, type HandoffOffer, type HandoffState } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** Questions about a handoff session (RFC-MACP-0010), answered from its view. */
export class HandoffProjection extends Projection {
  get state(): HandoffState | undefined {
    return this.stateOf<HandoffState>(MODE_HANDOFF);
  }

  get handoffs(): ReadonlyMap<string, HandoffOffer> {
    return this.state?.offers ?? new Map();
  }

  /** The latest offer that was neither accepted nor declined. */
  get activeOffer(): HandoffOffer | undefined {
    return this.pendingHandoffs().at(-1);
  }

  getHandoff(handoffId: string): HandoffOffer | undefined {
    return this.handoffs.get(handoffId);
  }

  pendingHandoffs(): HandoffOffer[] {
    return [...this.handoffs.values()].filter(({ disposition }) => disposition === 'Offered');
  }

  isAccepted(handoffId: string): boolean {
    return this.getHandoff(handoffId)?.disposition === 'Accepted';
  }

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
