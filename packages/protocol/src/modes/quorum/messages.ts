import { macp } from '../../gen/proto.js';
import { bytes, message, string, uint32, type MessageOf } from '../../wire/message.js';

/** Payloads of the quorum mode (wire.md §10). */

const pb = macp.modes.quorum.v1;

export const ApprovalRequestPayload = message('macp.modes.quorum.v1.ApprovalRequestPayload', pb.ApprovalRequestPayload, {
  requestId: string,
  action: string,
  summary: string,
  details: bytes,
  requiredApprovals: uint32,
});
export type ApprovalRequestPayload = MessageOf<typeof ApprovalRequestPayload>;

export const ApprovePayload = message('macp.modes.quorum.v1.ApprovePayload', pb.ApprovePayload, {
  requestId: string,
  reason: string,
});
export type ApprovePayload = MessageOf<typeof ApprovePayload>;

export const RejectPayload = message('macp.modes.quorum.v1.RejectPayload', pb.RejectPayload, {
  requestId: string,
  reason: string,
});
export type RejectPayload = MessageOf<typeof RejectPayload>;

export const AbstainPayload = message('macp.modes.quorum.v1.AbstainPayload', pb.AbstainPayload, {
  requestId: string,
  reason: string,
});
export type AbstainPayload = MessageOf<typeof AbstainPayload>;
