import {
  decodePayload,
  MODE_DECISION,
  MODE_QUORUM,
  type CommitmentPayload,
  type Envelope,
  type SessionCancelPayload,
  type SessionStartPayload,
  type VotePayload,
} from '@macp-agent/protocol';
import type { EventDraft } from '../model/canonical-event.js';
import { envelopeEvents } from '../model/envelope-events.js';
import type { Run } from '../model/run.js';
import type { RunStep } from '../store/run-store.js';
import { participantSeenEvent } from './lifecycle-events.js';

/** The stored step of one accepted envelope. `ordinal` counts from 1. A payload that does not decode is kept, and changes nothing else. */
export function envelopeStep(run: Run, envelope: Envelope, ordinal: number): RunStep {
  const events: EventDraft[] = envelopeEvents(envelope, ordinal);
  const start = envelope.messageType === 'SessionStart' ? decode<SessionStartPayload>(envelope) : undefined;
  if (start !== undefined) events.push(...start.participants.map(participantSeenEvent));
  const learned = start === undefined ? whatItSays(run, envelope) : startMetadata(envelope, start);
  const metadata = learned === undefined ? {} : { metadata: { ...run.metadata, ...learned } };
  return { patch: { lastOrdinal: ordinal, ...metadata }, events };
}

/** The only source of these for sessions that nobody announced. */
function startMetadata(envelope: Envelope, { intent, participants, ttlMs }: SessionStartPayload): Run['metadata'] {
  return { intent, participants, ttlMs, modeName: envelope.mode, initiator: envelope.sender };
}

/** The outcome and how the votes stand, for listings. */
function whatItSays(run: Run, envelope: Envelope): Run['metadata'] | undefined {
  if (envelope.messageType === 'Commitment') {
    const commitment = decode<CommitmentPayload>(envelope);
    return commitment === undefined ? undefined : { finalAction: commitment.action, outcomePositive: commitment.outcomePositive };
  }
  if (envelope.messageType === 'SessionCancel') {
    const reason = decode<SessionCancelPayload>(envelope)?.reason ?? '';
    return reason === '' || typeof run.metadata['cancelReason'] === 'string' ? undefined : { cancelReason: reason };
  }
  const word = voteWord(envelope);
  if (word === undefined) return undefined;
  const votes = (run.metadata['votes'] ?? {}) as Record<string, number>;
  return { votes: { ...votes, [word]: (votes[word] ?? 0) + 1 } };
}

const BALLOTS = new Set(['Approve', 'Reject', 'Abstain']);

function voteWord(envelope: Envelope): string | undefined {
  const { mode, messageType } = envelope;
  if (mode === MODE_QUORUM && BALLOTS.has(messageType)) return messageType.toLowerCase();
  return mode === MODE_DECISION && messageType === 'Vote' ? decode<VotePayload>(envelope)?.vote.toLowerCase() : undefined;
}

/** The caller pairs message type and payload type. */
function decode<Payload>({ mode, messageType, payload }: Envelope): Payload | undefined {
  const decoded = decodePayload(mode, messageType, payload);
  return decoded.ok ? (decoded.payload as Payload) : undefined;
}
