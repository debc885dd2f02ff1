/** What a handoff session has gathered; every map and list is replaced, never changed. */
export interface HandoffState {
  /** Follows the latest offer. */
  readonly phase: 'NoOffer' | 'Offered' | 'Accepted' | 'Declined' | 'Committed';
  readonly offers: ReadonlyMap<string, HandoffOffer>;
}

/** One offer and how it stands (modes.md §6.2). */
export interface HandoffOffer {
  readonly handoffId: string;
  readonly sender: string;
  readonly target: string;
  readonly scope: string;
  readonly reason: string;
  readonly disposition: 'Offered' | 'Accepted' | 'Declined';
  /** Acceptance times of the runtime, never the senders' clocks. */
  readonly offeredAtUnixMs: number;
  readonly decidedAtUnixMs?: number | undefined;
  /** Accepted by a timeout of the policy instead of the target (modes.md §6.4). */
  readonly implicit: boolean;
  readonly contexts: readonly HandoffContext[];
}

/** Context that the owner added to an offer, also after its answer. */
export interface HandoffContext {
  readonly contentType: string;
  readonly context: Uint8Array;
  readonly atUnixMs: number;
}

export const INITIAL_HANDOFF_STATE: HandoffState = { phase: 'NoOffer', offers: new Map() };

/** The state with one offer replaced, or added. */
export function withOffer(state: HandoffState, offer: HandoffOffer): HandoffState {
  return { ...state, phase: offer.disposition, offers: new Map(state.offers).set(offer.handoffId, offer) };
}

/**
 * The state at a time, where offers pending for `timeoutMs` or longer count as accepted; 0 turns this off.
 * The reference looks at the clock only when a Commitment arrives (modes.md §6.4, M-11).
 */
export function withImplicitAccepts(state: HandoffState, timeoutMs: number, atUnixMs: number): HandoffState {
  if (timeoutMs <= 0) return state;
  let next = state;
  for (const offer of state.offers.values()) {
    if (offer.disposition !== 'Offered' || atUnixMs - offer.offeredAtUnixMs < timeoutMs) continue;
    next = withOffer(next, { ...offer, disposition: 'Accepted', implicit: true, decidedAtUnixMs: offer.offeredAtUnixMs + timeoutMs });
  }
  return next;
}
