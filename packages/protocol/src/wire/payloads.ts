import { macp } from '../gen/proto.js';
import { Root } from './handshake.js';
import { bool, bytes, bytesMap, double, int64, list, message, nested, string, strings, type MessageOf } from './message.js';

/** Payloads that belong to no mode: session start, control records, commitment, signals. */

const pb = macp.v1;

export const SignalPayload = message('macp.v1.SignalPayload', pb.SignalPayload, {
  signalType: string,
  data: bytes,
  confidence: double,
  correlationSessionId: string,
});
export type SignalPayload = MessageOf<typeof SignalPayload>;

export const ProgressPayload = message('macp.v1.ProgressPayload', pb.ProgressPayload, {
  progressToken: string,
  progress: double,
  total: double,
  message: string,
  targetMessageId: string,
});
export type ProgressPayload = MessageOf<typeof ProgressPayload>;

export const SessionStartPayload = message('macp.v1.SessionStartPayload', pb.SessionStartPayload, {
  intent: string,
  participants: strings,
  modeVersion: string,
  configurationVersion: string,
  policyVersion: string,
  ttlMs: int64,
  roots: list(() => Root),
  contextId: string,
  extensions: bytesMap,
  maxSuspendMs: int64,
});
export type SessionStartPayload = MessageOf<typeof SessionStartPayload>;

export const SessionCancelPayload = message('macp.v1.SessionCancelPayload', pb.SessionCancelPayload, {
  reason: string,
  cancelledBy: string,
});
export type SessionCancelPayload = MessageOf<typeof SessionCancelPayload>;

export const SessionSuspendPayload = message('macp.v1.SessionSuspendPayload', pb.SessionSuspendPayload, {
  reason: string,
  suspendedBy: string,
});
export type SessionSuspendPayload = MessageOf<typeof SessionSuspendPayload>;

export const SessionResumePayload = message('macp.v1.SessionResumePayload', pb.SessionResumePayload, {
  reason: string,
  resumedBy: string,
  bankedMs: int64,
});
export type SessionResumePayload = MessageOf<typeof SessionResumePayload>;

export const CommitmentRef = message('macp.v1.CommitmentRef', pb.CommitmentRef, {
  sessionId: string,
  commitmentHash: string,
});
export type CommitmentRef = MessageOf<typeof CommitmentRef>;

export const CommitmentPayload = message('macp.v1.CommitmentPayload', pb.CommitmentPayload, {
  commitmentId: string,
  action: string,
  authorityScope: string,
  reason: string,
  modeVersion: string,
  policyVersion: string,
  configurationVersion: string,
  outcomePositive: bool,
  supersedes: nested(() => CommitmentRef),
});
export type CommitmentPayload = MessageOf<typeof CommitmentPayload>;
