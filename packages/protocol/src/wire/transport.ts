import { macp } from '../gen/proto.js';
import { Ack, Envelope, WireError } from './envelope.js';
import { message, nested, string, uint64, type MessageOf } from './message.js';

/** Send, StreamSession and WatchSignals (RFC-MACP-0006 §3). */

const pb = macp.v1;

export const SendRequest = message('macp.v1.SendRequest', pb.SendRequest, {
  envelope: nested(() => Envelope),
});
export type SendRequest = MessageOf<typeof SendRequest>;

export const SendResponse = message('macp.v1.SendResponse', pb.SendResponse, {
  ack: nested(() => Ack),
});
export type SendResponse = MessageOf<typeof SendResponse>;

export const StreamSessionRequest = message('macp.v1.StreamSessionRequest', pb.StreamSessionRequest, {
  envelope: nested(() => Envelope),
  subscribeSessionId: string,
  afterSequence: uint64,
});
export type StreamSessionRequest = MessageOf<typeof StreamSessionRequest>;

export const StreamSessionResponse = message('macp.v1.StreamSessionResponse', pb.StreamSessionResponse, {
  envelope: nested(() => Envelope),
  error: nested(() => WireError),
});
export type StreamSessionResponse = MessageOf<typeof StreamSessionResponse>;

export const WatchSignalsRequest = message('macp.v1.WatchSignalsRequest', pb.WatchSignalsRequest, {});
export type WatchSignalsRequest = MessageOf<typeof WatchSignalsRequest>;

export const WatchSignalsResponse = message('macp.v1.WatchSignalsResponse', pb.WatchSignalsResponse, {
  envelope: nested(() => Envelope),
});
export type WatchSignalsResponse = MessageOf<typeof WatchSignalsResponse>;
