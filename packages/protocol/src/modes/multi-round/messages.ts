import { macp } from '../../gen/proto.js';
import { message, string, type MessageOf } from '../../wire/message.js';

/** Payloads of the multi-round mode (wire.md §10). */

const pb = macp.modes.multi_round.v1;

export const ContributePayload = message('macp.modes.multi_round.v1.ContributePayload', pb.ContributePayload, {
  value: string,
});
export type ContributePayload = MessageOf<typeof ContributePayload>;
