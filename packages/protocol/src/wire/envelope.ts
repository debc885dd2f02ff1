import { macp } from '../gen/proto.js';
import { bool, bytes, enumeration, int64, message, nested, string, type MessageOf } from './message.js';

/** The frame of every message and its acknowledgement (RFC-MACP-0001; wire.md §1). */

const pb = macp.v1;

/** Where a session stands on the wire; `SESSION_STATE_UNSPECIFIED` in every rejecting Ack of the reference runtime. */
export const sessionState = enumeration(
  'SESSION_STATE_UNSPECIFIED',
  'SESSION_STATE_OPEN',
  'SESSION_STATE_RESOLVED',
  'SESSION_STATE_EXPIRED',
  'SESSION_STATE_SUSPENDED',
  'SESSION_STATE_CANCELLED',
);
/** State of a session, as the enum of the wire names it; `SessionState` is the short form. */
export type WireSessionState = Ack['sessionState'];

export const Envelope = message('macp.v1.Envelope', pb.Envelope, {
  macpVersion: string,
  mode: string,
  messageType: string,
  messageId: string,
  sessionId: string,
  sender: string,
  timestampUnixMs: int64,
  payload: bytes,
});
export type Envelope = MessageOf<typeof Envelope>;

export const WireError = message('macp.v1.MACPError', pb.MACPError, {
  code: string,
  message: string,
  sessionId: string,
  messageId: string,
  details: bytes,
});
export type WireError = MessageOf<typeof WireError>;

export const Ack = message('macp.v1.Ack', pb.Ack, {
  ok: bool,
  duplicate: bool,
  messageId: string,
  sessionId: string,
  acceptedAtUnixMs: int64,
  sessionState: sessionState,
  error: nested(() => WireError),
});
export type Ack = MessageOf<typeof Ack>;
