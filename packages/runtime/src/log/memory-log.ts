import type { LogRecord, SessionLog, StoredSession } from './session-log.js';

const NONE: readonly LogRecord[] = [];

/** A log that lives as long as its process. Appends need no wait. */
export class MemoryLog implements SessionLog {
  readonly #sessions = new Map<string, LogRecord[]>();

  append(sessionId: string, record: LogRecord): undefined {
    const records = this.#sessions.get(sessionId);
    if (records === undefined) this.#sessions.set(sessionId, [record]);
    else records.push(record);
    return undefined;
  }

  read(sessionId: string): readonly LogRecord[] {
    return this.#sessions.get(sessionId) ?? NONE;
  }

  knows(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  recover(): Promise<readonly StoredSession[]> {
    return Promise.resolve([]);
  }

  /** The id becomes free again: nothing but memory ever knew it (runtime.md §16.4). */
  evict(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  past(): undefined {
    return undefined;
  }

  compact(): Promise<number> {
    return Promise.resolve(0);
  }

  deleteBefore(): Promise<number> {
    return Promise.resolve(0);
  }

  close(): Promise<void> {
    this.#sessions.clear();
    return Promise.resolve();
  }
}
