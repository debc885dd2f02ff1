import { MODE_HANDOFF, type HandoffOffer, type HandoffState } from '@macp-agent/protocol';
import { sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import { answerOrAbstain, requireState } from './strategy-state.js';

/** Whether responsibility is taken over, and why. */
export interface OfferAnswer {
  readonly accept: boolean;
  readonly reason: string;
}

/** What `answerOffers` takes. */
export interface AnswerOffersOptions {
  /** Called once for each offer to this agent. An error with code MODEL_FAILED declines it. */
  readonly decide: (offer: HandoffOffer, ctx: ParticipantContext) => OfferAnswer | Promise<OfferAnswer>;
  /** Wait until the owner has added context to the offer. Default false. */
  readonly needsContext?: boolean;
}

/** Accepts or declines the offers that are made to this agent (RFC-MACP-0010). */
export function answerOffers({ decide, needsContext = false }: AnswerOffersOptions): (participant: Participant) => void {
  return (participant) =>
    void participant.onChange(async (ctx) => {
      const self = participant.participantId;
      const { offers } = requireState<HandoffState>(ctx, MODE_HANDOFF, 'answerOffers');
      const offer = [...offers.values()].find(({ target, disposition }) => target === self && disposition === 'Offered');
      if (offer === undefined || (needsContext && offer.contexts.length === 0)) return;
      const { handoffId } = offer;
      const answer = (await answerOrAbstain(ctx, () => decide(offer, ctx))) ?? { accept: false, reason: 'the model gave no usable answer' };
      if (answer.accept) await sendOnce(ctx, 'HandoffAccept', handoffId, { handoffId, acceptedBy: self, reason: answer.reason });
      else await sendOnce(ctx, 'HandoffDecline', handoffId, { handoffId, declinedBy: self, reason: answer.reason });
    });
}
