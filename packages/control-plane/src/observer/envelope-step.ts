import { CommitmentPayload, decodePayload, SessionStartPayload, type Envelope } from '@macp-agent/protocol';
import type { EventDraft } from '../model/canonical-event.js';
import { envelopeEvents } from '../model/envelope-events.js';
import type { Run } from '../model/run.js';
import type { RunPatch, RunStep } from '../store/run-store.js';
import { participantSeenEvent } from './lifecycle-events.js';

/** The stored step of one accepted envelope. `ordinal` counts from 1. */
export function envelopeStep(run: Run, envelope: Envelope, ordinal: number): RunStep {
  const events: EventDraft[] = envelopeEvents(envelope, ordinal);
  if (envelope.messageType === 'SessionStart') {
    const start = SessionStartPayload.decode(envelope.payload);
    events.push(...start.participants.map(participantSeenEvent));
    return { patch: { lastOrdinal: ordinal, metadata: startMetadata(run, envelope, start) }, events };
  }
  const patch: RunPatch = { lastOrdinal: ordinal };
  const votes = countVote(run, envelope);
  if (votes !== undefined) return { patch: { ...patch, metadata: { ...run.metadata, votes } }, events };
  if (envelope.messageType !== 'Commitment') return { patch, events };
  const { action, outcomePositive } = CommitmentPayload.decode(envelope.payload);
  return { patch: { ...patch, metadata: { ...run.metadata, finalAction: action, outcomePositive } }, events };
}

/** The only source of these for sessions that nobody announced. */
function startMetadata(run: Run, envelope: Envelope, start: SessionStartPayload): Run['metadata'] {
  const { intent, participants, ttlMs } = start;
  return { ...run.metadata, intent, participants, ttlMs, modeName: envelope.mode, initiator: envelope.sender };
}

/** How the votes stand, for listings; undefined for other messages. */
function countVote(run: Run, envelope: Envelope): Record<string, number> | undefined {
  if (envelope.messageType !== 'Vote') return undefined;
  const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
  if (!decoded.ok || typeof decoded.payload !== 'object' || decoded.payload === null || !('vote' in decoded.payload)) return undefined;
  const word = String(decoded.payload.vote).toLowerCase();
  const votes = (run.metadata['votes'] ?? {}) as Record<string, number>;
  return { ...votes, [word]: (votes[word] ?? 0) + 1 };
}
