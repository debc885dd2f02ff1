import { macp } from '../gen/proto.js';
import { Ack, sessionState } from './envelope.js';
import { enumeration, int64, list, message, nested, string, strings, uint32, type MessageOf } from './message.js';

/** Reading and controlling sessions (RFC-MACP-0001 §7, RFC-MACP-0006 §3). */

const pb = macp.v1;

const eventType = enumeration(
  'EVENT_TYPE_UNSPECIFIED',
  'EVENT_TYPE_CREATED',
  'EVENT_TYPE_RESOLVED',
  'EVENT_TYPE_EXPIRED',
  'EVENT_TYPE_SUSPENDED',
  'EVENT_TYPE_RESUMED',
  'EVENT_TYPE_CANCELLED',
);
/** What WatchSessions reports, as its enum names it. */
export type LifecycleEventType = SessionLifecycleEvent['eventType'];

export const ParticipantActivity = message('macp.v1.ParticipantActivity', pb.ParticipantActivity, {
  participantId: string,
  lastMessageAtUnixMs: int64,
  messageCount: uint32,
});
export type ParticipantActivity = MessageOf<typeof ParticipantActivity>;

export const SessionMetadata = message('macp.v1.SessionMetadata', pb.SessionMetadata, {
  sessionId: string,
  mode: string,
  state: sessionState,
  startedAtUnixMs: int64,
  expiresAtUnixMs: int64,
  modeVersion: string,
  configurationVersion: string,
  policyVersion: string,
  participants: strings,
  participantActivity: list(() => ParticipantActivity),
  initiator: string,
  contextId: string,
  extensionKeys: strings,
});
export type SessionMetadata = MessageOf<typeof SessionMetadata>;

export const GetSessionRequest = message('macp.v1.GetSessionRequest', pb.GetSessionRequest, {
  sessionId: string,
});
export type GetSessionRequest = MessageOf<typeof GetSessionRequest>;

export const GetSessionResponse = message('macp.v1.GetSessionResponse', pb.GetSessionResponse, {
  metadata: nested(() => SessionMetadata),
});
export type GetSessionResponse = MessageOf<typeof GetSessionResponse>;

export const CancelSessionRequest = message('macp.v1.CancelSessionRequest', pb.CancelSessionRequest, {
  sessionId: string,
  reason: string,
});
export type CancelSessionRequest = MessageOf<typeof CancelSessionRequest>;

export const CancelSessionResponse = message('macp.v1.CancelSessionResponse', pb.CancelSessionResponse, {
  ack: nested(() => Ack),
});
export type CancelSessionResponse = MessageOf<typeof CancelSessionResponse>;

export const SuspendSessionRequest = message('macp.v1.SuspendSessionRequest', pb.SuspendSessionRequest, {
  sessionId: string,
  reason: string,
});
export type SuspendSessionRequest = MessageOf<typeof SuspendSessionRequest>;

export const SuspendSessionResponse = message('macp.v1.SuspendSessionResponse', pb.SuspendSessionResponse, {
  ack: nested(() => Ack),
});
export type SuspendSessionResponse = MessageOf<typeof SuspendSessionResponse>;

export const ResumeSessionRequest = message('macp.v1.ResumeSessionRequest', pb.ResumeSessionRequest, {
  sessionId: string,
  reason: string,
});
export type ResumeSessionRequest = MessageOf<typeof ResumeSessionRequest>;

export const ResumeSessionResponse = message('macp.v1.ResumeSessionResponse', pb.ResumeSessionResponse, {
  ack: nested(() => Ack),
});
export type ResumeSessionResponse = MessageOf<typeof ResumeSessionResponse>;

export const ListSessionsRequest = message('macp.v1.ListSessionsRequest', pb.ListSessionsRequest, {
  pageSize: uint32,
  pageToken: string,
});
export type ListSessionsRequest = MessageOf<typeof ListSessionsRequest>;

export const ListSessionsResponse = message('macp.v1.ListSessionsResponse', pb.ListSessionsResponse, {
  sessions: list(() => SessionMetadata),
  nextPageToken: string,
});
export type ListSessionsResponse = MessageOf<typeof ListSessionsResponse>;

export const WatchSessionsRequest = message('macp.v1.WatchSessionsRequest', pb.WatchSessionsRequest, {});
export type WatchSessionsRequest = MessageOf<typeof WatchSessionsRequest>;

export const SessionLifecycleEvent = message('macp.v1.SessionLifecycleEvent', pb.SessionLifecycleEvent, {
  eventType: eventType,
  session: nested(() => SessionMetadata),
  observedAtUnixMs: int64,
});
export type SessionLifecycleEvent = MessageOf<typeof SessionLifecycleEvent>;

export const WatchSessionsResponse = message('macp.v1.WatchSessionsResponse', pb.WatchSessionsResponse, {
  event: nested(() => SessionLifecycleEvent),
});
export type WatchSessionsResponse = MessageOf<typeof WatchSessionsResponse>;
