import type { PolicyDefinition, SessionRecord } from '@macp-agent/protocol';
import type { PastSession } from './past-session.js';

/** What a start record binds beyond its payload, so that a replay never asks live configuration (runtime.md §16.1). */
export interface StartBinding {
  readonly modeVersion: string;
  readonly maxSuspendMs: number;
}

/** A record of a session's history as it is stored. */
export type LogRecord =
  | (Extract<SessionRecord, { kind: 'start' }> & { readonly policy: PolicyDefinition; readonly bound: StartBinding })
  | Exclude<SessionRecord, { kind: 'start' }>;

/** A session found at start-up: its whole history, when a finished one began (its history is there for who asks), or why it cannot be used. */
export type StoredSession =
  | { readonly sessionId: string; readonly records: readonly LogRecord[] }
  | { readonly sessionId: string; readonly finished: { readonly startedAtUnixMs: number } }
  | { readonly sessionId: string; readonly damage: string };

/**
 * The append-only history of all sessions, and the commit point of the runtime: what was appended is accepted.
 * Appends of one session are stored in the order of the calls.
 */
export interface SessionLog {
  /**
   * Undefined: stored at once. Else the promise resolves when the record is on disk, and rejects when it never will be,
   * as do those of all records that were appended after it. Throws when the record cannot be taken now.
   */
  append(sessionId: string, record: LogRecord): Promise<void> | undefined;
  /** Stored records in order; a live view that grows, empty for an unknown, evicted or damaged session. */
  read(sessionId: string): readonly LogRecord[];
  /** True for every id that was ever used here, also evicted and damaged ones: they are not given out again. */
  knows(sessionId: string): boolean;
  /** What an earlier process left behind; asked once, before the first append. */
  recover(): Promise<readonly StoredSession[]>;
  /** Frees the memory of a finished session. A durable log keeps its records on disk and still knows the id. */
  evict(sessionId: string): void;
  /** What stays of a finished session after its eviction; undefined while its history is there, and where nothing stays. */
  past(sessionId: string): PastSession | undefined;
  /**
   * Takes the history of evicted sessions from disk, when that is worth it: what is left of each is small, so that the next
   * start reads little. Answers how many sessions it was.
   */
  compact(): Promise<number>;
  /** Deletes finished sessions that started before this time from disk; answers how many. */
  deleteBefore(startedBeforeUnixMs: number): Promise<number>;
  /** Stores what is pending and lets go of files. Idempotent. */
  close(): Promise<void>;
}
