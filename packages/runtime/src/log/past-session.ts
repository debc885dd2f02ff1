import { isTerminal, SessionStartPayload, type SessionState } from '@macp-agent/protocol';
import { isLastRecord } from './record-codec.js';
import type { LogRecord } from './session-log.js';

/** What stays of a finished session when its history goes: enough to say so, and to whom. */
export interface PastSession {
  readonly initiator: string;
  readonly participants: readonly string[];
  readonly state: SessionState;
  /** How many records the history had. */
  readonly records: number;
  readonly startedAtUnixMs: number;
}

/** First byte on disk, beside the numbers of the record kinds. */
const PAST_KIND = 0xff;

/** What stays of a history with this first and last record; undefined for one that does not begin with its start or is not over. */
export function pastOf(start: LogRecord | undefined, last: LogRecord | undefined, records: number): PastSession | undefined {
  if (start?.kind !== 'start' || last === undefined || !isLastRecord(last)) return undefined;
  const state = last.kind === 'cancel' ? 'CANCELLED' : last.kind === 'expire' ? 'EXPIRED' : 'RESOLVED';
  const { participants } = SessionStartPayload.decode(start.envelope.payload);
  return { initiator: start.envelope.sender, participants, state, records, startedAtUnixMs: start.atUnixMs };
}

export function isPast(body: Buffer): boolean {
  return body[0] === PAST_KIND;
}

export function encodePast(past: PastSession): Buffer {
  return Buffer.concat([Buffer.from([PAST_KIND]), Buffer.from(JSON.stringify(past))]);
}

/** Throws an Error when the bytes are none. */
export function decodePast(body: Buffer): PastSession {
  const value = JSON.parse(body.toString('utf8', 1)) as PastSession;
  if (!Array.isArray(value.participants) || !isTerminal(value.state)) throw new Error('it is not the rest of a finished session');
  return value;
}
