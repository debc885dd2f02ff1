import type { CommitmentRef, ProgressPayload, Root, SignalPayload } from '@macp-agent/protocol';
import { toBytes, type BytesInput } from './session/bytes-input.js';
import { validateConfidence, validateSignalType } from './validate.js';

/** What a Signal says. */
export interface SignalPayloadInput {
  readonly signalType: string;
  readonly data?: BytesInput | undefined;
  /** 0 to 1; default 0. */
  readonly confidence?: number | undefined;
  readonly correlationSessionId?: string | undefined;
}

/** What a Progress says. */
export interface ProgressPayloadInput {
  readonly progressToken: string;
  readonly progress: number;
  /** What `progress` counts up to; default 0 = not known. */
  readonly total?: number | undefined;
  readonly message?: string | undefined;
  readonly targetMessageId?: string | undefined;
}

/** The payload of an ambient Signal (RFC-MACP-0001 §6). Throws MacpSessionError for an empty type and a confidence outside 0 to 1. */
export function buildSignalPayload(input: SignalPayloadInput): SignalPayload {
  return {
    signalType: validateSignalType(input.signalType),
    data: toBytes(input.data),
    confidence: validateConfidence(input.confidence ?? 0),
    correlationSessionId: input.correlationSessionId ?? '',
  };
}

/** The payload of a Progress (RFC-MACP-0001 §6). */
export function buildProgressPayload(input: ProgressPayloadInput): ProgressPayload {
  return {
    progressToken: input.progressToken,
    progress: input.progress,
    total: input.total ?? 0,
    message: input.message ?? '',
    targetMessageId: input.targetMessageId ?? '',
  };
}

/** Names the commitment of an earlier session, for `supersedes` of a commitment. */
export function buildCommitmentRef(sessionId: string, commitmentHash: string): CommitmentRef {
  return { sessionId, commitmentHash };
}

/** A root of a SessionStart: a place that the session is about, by URI. */
export function buildRoot(uri: string, name = ''): Root {
  return { uri, name };
}
