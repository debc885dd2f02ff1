import { macp } from '../../gen/proto.js';
import { bool, bytes, message, string, type MessageOf } from '../../wire/message.js';

/** Payloads of the handoff mode (wire.md §10). */

const pb = macp.modes.handoff.v1;

export const HandoffOfferPayload = message('macp.modes.handoff.v1.HandoffOfferPayload', pb.HandoffOfferPayload, {
  handoffId: string,
  targetParticipant: string,
  scope: string,
  reason: string,
});
export type HandoffOfferPayload = MessageOf<typeof HandoffOfferPayload>;

export const HandoffContextPayload = message('macp.modes.handoff.v1.HandoffContextPayload', pb.HandoffContextPayload, {
  handoffId: string,
  contentType: string,
  context: bytes,
});
export type HandoffContextPayload = MessageOf<typeof HandoffContextPayload>;

export const HandoffAcceptPayload = message('macp.modes.handoff.v1.HandoffAcceptPayload', pb.HandoffAcceptPayload, {
  handoffId: string,
  acceptedBy: string,
  reason: string,
  implicit: bool,
});
export type HandoffAcceptPayload = MessageOf<typeof HandoffAcceptPayload>;

export const HandoffDeclinePayload = message('macp.modes.handoff.v1.HandoffDeclinePayload', pb.HandoffDeclinePayload, {
  handoffId: string,
  declinedBy: string,
  reason: string,
});
export type HandoffDeclinePayload = MessageOf<typeof HandoffDeclinePayload>;
