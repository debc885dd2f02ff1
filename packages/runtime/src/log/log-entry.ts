import type { PastSession } from './past-session.js';
import { decodeRecord, isLastBody } from './record-codec.js';
import type { LogRecord, StoredSession } from './session-log.js';

/** What the file log knows of a session, also after its records left memory. */
export interface LogEntry {
  /** Records that were appended so far, stored or on their way. */
  appended: number;
  startedAtUnixMs: number;
  ended: boolean;
  /** Where frames of the session lie. */
  readonly segments: Set<number>;
  /** Bytes of its history on disk. */
  historyBytes: number;
  /** Stored records; undefined once evicted, and while they are still bytes. */
  records: LogRecord[] | undefined;
  /** Records as they were found at the start, which nobody has asked for yet. */
  bodies: Bodies | undefined;
  /** Set by eviction, or found on disk. */
  past: PastSession | undefined;
  /** The past is on disk, so the history may go. */
  pastIsStored: boolean;
  damage: string | undefined;
}

/** Where the bytes of records lie in the segments that were read; flat, because there may be a hundred thousand of them. */
export interface Bodies {
  readonly segments: Buffer[];
  /** Begin and end of each. */
  readonly ranges: number[];
}

export function addBody(entry: LogEntry, segment: Buffer, from: number, to: number): void {
  const { segments, ranges } = (entry.bodies ??= { segments: [], ranges: [] });
  segments.push(segment);
  ranges.push(from, to);
}

export function newEntry(startedAtUnixMs: number): LogEntry {
  return {
    appended: 0,
    startedAtUnixMs,
    ended: false,
    segments: new Set(),
    historyBytes: 0,
    records: [],
    bodies: undefined,
    past: undefined,
    pastIsStored: false,
    damage: undefined,
  };
}

const NONE: readonly LogRecord[] = [];

/** What a restart makes of an entry: only sessions that go on are decoded whole. */
export function findSession(entry: LogEntry): DistributedOmit<StoredSession, 'sessionId'> {
  entry.ended = entry.damage === undefined && endsWithLast(entry);
  if (entry.ended) return { finished: { startedAtUnixMs: entry.startedAtUnixMs } };
  const records = recordsOf(entry);
  if (entry.damage === undefined) return { records };
  entry.records = undefined;
  entry.bodies = undefined;
  return { damage: entry.damage };
}

/** The records of a session, decoded once. A body that is none stops the session. */
export function recordsOf(entry: LogEntry): readonly LogRecord[] {
  if (entry.bodies !== undefined) {
    const records = entry.bodies.segments.map((_, sequence) => recordAt(entry, sequence));
    entry.bodies = undefined;
    entry.records = records.every((record) => record !== undefined) ? records : undefined;
  }
  return entry.records ?? NONE;
}

/** One record of a session; undefined, and the session is damaged, when its body is none. */
export function recordAt(entry: LogEntry, sequence: number): LogRecord | undefined {
  if (entry.bodies === undefined) return entry.records?.[sequence];
  try {
    return decodeRecord(bodyAt(entry, sequence));
  } catch (error) {
    entry.damage ??= `record ${sequence} cannot be read: ${(error as Error).message}`;
    return undefined;
  }
}

function endsWithLast(entry: LogEntry): boolean {
  try {
    return isLastBody(bodyAt(entry, entry.appended - 1));
  } catch {
    // It is not a record: decoding the session says which, and why.
    return false;
  }
}

function bodyAt({ bodies }: LogEntry, sequence: number): Buffer {
  return bodies?.segments[sequence]?.subarray(bodies.ranges[2 * sequence], bodies.ranges[2 * sequence + 1]) ?? Buffer.alloc(0);
}

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
