import type { PastSession } from './past-session.js';
import type { LogRecord } from './session-log.js';

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
  /** Stored records; undefined once evicted. */
  records: LogRecord[] | undefined;
  /** Set by eviction, or found on disk. */
  past: PastSession | undefined;
  /** The past is on disk, so the history may go. */
  pastIsStored: boolean;
  damage: string | undefined;
}

export function newEntry(startedAtUnixMs: number): LogEntry {
  return {
    appended: 0,
    startedAtUnixMs,
    ended: false,
    segments: new Set(),
    historyBytes: 0,
    records: [],
    past: undefined,
    pastIsStored: false,
    damage: undefined,
  };
}
