import type { ModeDefinition } from '../definition.js';
import { HandoffAcceptPayload, HandoffContextPayload, HandoffDeclinePayload, HandoffOfferPayload } from './messages.js';
import { handoffMode } from './mode.js';
import { handoffPolicy } from './policy.js';

export const definition: ModeDefinition = {
  mode: handoffMode,
  rfc: 10,
  payloads: {
    HandoffOffer: HandoffOfferPayload,
    HandoffContext: HandoffContextPayload,
    HandoffAccept: HandoffAcceptPayload,
    HandoffDecline: HandoffDeclinePayload,
  },
  policy: handoffPolicy,
};
