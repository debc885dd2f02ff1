import { readFile, truncate } from 'node:fs/promises';
import type { Logger } from '../logger.js';
import { takeDataFolder, type DataFolder } from './data-folder.js';
import { encodeFrame, scan, type Found } from './frame.js';
import { addBody, findSession, newEntry, recordAt, recordsOf, type LogEntry } from './log-entry.js';
import { decodePast, encodePast, isPast, pastOf, type PastSession } from './past-session.js';
import { encodeRecord, isLastRecord, peekRecord } from './record-codec.js';
import { rewriteSegment } from './rewrite-segment.js';
import { SegmentWriter } from './segment-writer.js';
import type { LogRecord, SessionLog, StoredSession } from './session-log.js';

/** A segment of this size is not written to any more. */
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Less history than this is not worth a compaction. */
const COMPACT_BYTES = 1024 * 1024;
const NONE: readonly LogRecord[] = [];

export interface FileLogOptions {
  readonly logger: Logger;
  /** Default 64 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Least history of past sessions that is compacted; default 1 MiB. */
  readonly compactBytes?: number | undefined;
  /** Gives up a wait for the data folder. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The durable log: all sessions of a data folder share append-only segments, so that one fdatasync serves all that was
 * accepted meanwhile. A record counts once it is on disk.
 */
export class FileLog implements SessionLog {
  readonly #folder: DataFolder;
  readonly #logger: Logger;
  readonly #segmentBytes: number;
  readonly #compactBytes: number;
  readonly #entries = new Map<string, LogEntry>();
  /** Sessions whose beginning was not found, until the rest of a finished session explains it. */
  readonly #headless = new Set<string>();
  #writer: SegmentWriter | undefined;
  /** Rewrites of sealed segments go one after the other. */
  #rewriting: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(folder: DataFolder, options: FileLogOptions) {
    this.#folder = folder;
    this.#logger = options.logger;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#compactBytes = options.compactBytes ?? COMPACT_BYTES;
  }

  /** Takes the data folder for this process; rejects with INVALID_OPTIONS when it cannot be had. `recover` comes next. */
  static async open(path: string, options: FileLogOptions): Promise<FileLog> {
    const { logger, signal } = options;
    const onWait = (waitMs: number): void =>
      logger.warn(`the data folder ${path} may be in use by another container or machine; waiting ${waitMs} ms for a sign of life of it`, { path });
    return new FileLog(await takeDataFolder(path, { signal, onWait }), options);
  }

  append(sessionId: string, record: LogRecord): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error('recover() comes before the first append');
    const entry = this.#entries.get(sessionId) ?? newEntry(record.atUnixMs);
    const frame = encodeFrame(sessionId, entry.appended, encodeRecord(record));
    const written = writer.append(frame, (segment) => {
      entry.records?.push(record);
      entry.segments.add(segment);
      entry.historyBytes += frame.length;
      entry.ended ||= isLastRecord(record);
    });
    entry.appended += 1;
    this.#entries.set(sessionId, entry);
    return written.catch((error: unknown) => {
      // Whatever came after it fails too, so the next record takes the place of the first that failed.
      entry.appended = entry.records?.length ?? 0;
      if (entry.appended === 0) this.#entries.delete(sessionId);
      throw error;
    });
  }

  read(sessionId: string): readonly LogRecord[] {
    const entry = this.#entries.get(sessionId);
    return entry === undefined ? NONE : recordsOf(entry);
  }

  knows(sessionId: string): boolean {
    return this.#entries.has(sessionId);
  }

  past(sessionId: string): PastSession | undefined {
    return this.#entries.get(sessionId)?.past;
  }

  evict(sessionId: string): void {
    const entry = this.#entries.get(sessionId);
    if (entry?.ended !== true || entry.past !== undefined) return;
    entry.past = pastOf(recordAt(entry, 0), recordAt(entry, entry.appended - 1), entry.appended);
    entry.records = undefined;
    entry.bodies = undefined;
  }

  async recover(): Promise<readonly StoredSession[]> {
    const numbers = await this.#folder.segments();
    let end = 0;
    for (const number of numbers) end = await this.#recoverSegment(number, number === numbers.at(-1));
    for (const sessionId of this.#headless) this.#logger.warn(`session ${sessionId}: its beginning is gone, the rest is left out`, { sessionId });
    this.#headless.clear();
    const last = numbers.at(-1) ?? 1;
    // After damage the rest goes to a new segment, so that what is there stays as it was found.
    this.#writer = end < 0 ? new SegmentWriter(this.#folder, this.#segmentBytes, last + 1, 0) : new SegmentWriter(this.#folder, this.#segmentBytes, last, end);
    return [...this.#entries].flatMap(([sessionId, entry]) => (entry.past === undefined ? [{ sessionId, ...findSession(entry) }] : []));
  }

  async compact(): Promise<number> {
    const writer = this.#writer;
    let [bytes, pastBytes] = [0, 0];
    const retired: [string, LogEntry, PastSession][] = [];
    for (const [sessionId, entry] of this.#entries) {
      bytes += entry.historyBytes;
      if (entry.past === undefined || entry.historyBytes === 0) continue;
      pastBytes += entry.historyBytes;
      retired.push([sessionId, entry, entry.past]);
    }
    // Half of what is read pays for writing the other half again.
    if (writer === undefined || pastBytes < this.#compactBytes || pastBytes * 2 < bytes) return 0;
    const ids = new Set(retired.map(([sessionId]) => sessionId));
    const segments = new Set(retired.flatMap(([, entry]) => [...entry.segments]));
    await this.#exclusively(async () => {
      await writer.exclusively(segments.has(writer.segment), () => Promise.resolve());
      // What stays is on disk before the history goes; where both are found, it counts.
      await Promise.all(retired.map(([sessionId, entry, past]) => this.#storePast(writer, sessionId, entry, past)));
      await this.#rewrite(segments, (found) => ids.has(found.sessionId) && !isPast(found.body));
    });
    for (const [, entry] of retired) entry.historyBytes = 0;
    return retired.length;
  }

  async deleteBefore(startedBeforeUnixMs: number): Promise<number> {
    const doomed = new Map([...this.#entries].filter(([, entry]) => entry.ended && entry.damage === undefined && entry.startedAtUnixMs < startedBeforeUnixMs));
    const writer = this.#writer;
    if (doomed.size === 0 || writer === undefined) return 0;
    await this.#exclusively(async () => {
      const segments = new Set([...doomed.values()].flatMap((entry) => [...entry.segments]));
      await writer.exclusively(segments.has(writer.segment), () => Promise.resolve());
      // Oldest first: what a crash leaves of a session has no beginning, and is dropped at the next start.
      await this.#rewrite(segments, (found) => doomed.has(found.sessionId));
    });
    for (const sessionId of doomed.keys()) this.#entries.delete(sessionId);
    return doomed.size;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#rewriting;
      await this.#writer?.close();
      await this.#folder.release();
    })();
    return this.#closing;
  }

  #exclusively(task: () => Promise<void>): Promise<void> {
    const run = this.#rewriting.then(task);
    // Whoever asked for it gets its error; the next one has its own segments to try.
    this.#rewriting = run.catch(() => undefined);
    return run;
  }

  async #rewrite(segments: ReadonlySet<number>, drop: (found: Extract<Found, { kind: 'record' }>) => boolean): Promise<void> {
    const existing = new Set(await this.#folder.segments());
    for (const number of [...segments].toSorted((a, b) => a - b)) if (existing.has(number)) await rewriteSegment(this.#folder, number, drop);
  }

  async #storePast(writer: SegmentWriter, sessionId: string, entry: LogEntry, past: PastSession): Promise<void> {
    if (entry.pastIsStored) return;
    await writer.append(encodeFrame(sessionId, entry.appended, encodePast(past)), (segment) => {
      entry.pastIsStored = true;
      entry.segments.clear();
      entry.segments.add(segment);
    });
  }

  /** Reads a segment into memory; answers where its good part ends, or -1 when it holds damage. */
  async #recoverSegment(number: number, isLast: boolean): Promise<number> {
    const path = this.#folder.segmentPath(number);
    const segment = await readFile(path);
    let damaged = false;
    for (const found of scan(segment)) {
      if (found.kind === 'record') {
        this.#recoverRecord(segment, found, number);
      } else if (found.kind === 'torn' && isLast) {
        this.#logger.warn(`session ${found.sessionId ?? '(unknown)'}: an append was cut off by a crash and never acknowledged; it is removed from ${path}`, {
          sessionId: found.sessionId,
          path,
          offset: found.offset,
        });
        await truncate(path, found.offset);
        return damaged ? -1 : found.offset;
      } else {
        damaged = true;
        const where = `${path} at byte ${found.offset}`;
        if (found.sessionId === undefined)
          this.#logger.error(`damage in ${where}: its session cannot be told; sessions that miss a record are stopped`, { path, offset: found.offset });
        else this.#damage(found.sessionId, `a record is damaged in ${where}`);
      }
    }
    return damaged ? -1 : segment.length;
  }

  /** Records stay bytes until the whole log is read: most are of finished sessions, which few will ask for. */
  #recoverRecord(segment: Buffer, { sessionId, sequence, body, offset, end }: Extract<Found, { kind: 'record' }>, number: number): void {
    let record: ReturnType<typeof peekRecord>;
    try {
      if (isPast(body)) {
        this.#recoverPast(sessionId, decodePast(body), number);
        return;
      }
      record = peekRecord(body);
    } catch (error) {
      this.#damage(sessionId, `record ${sequence} cannot be read: ${(error as Error).message}`);
      return;
    }
    const known = this.#entries.get(sessionId);
    if (known === undefined && !record.isStart) {
      this.#headless.add(sessionId);
      return;
    }
    const entry = known ?? newEntry(record.atUnixMs);
    if (known === undefined) this.#entries.set(sessionId, entry);
    entry.segments.add(number);
    entry.historyBytes += end - offset;
    if (sequence !== entry.appended) {
      this.#damage(sessionId, `record ${entry.appended} is missing`);
      return;
    }
    entry.appended += 1;
    const from = body.byteOffset - segment.byteOffset;
    if (entry.past === undefined) addBody(entry, segment, from, from + body.length);
  }

  /** A compaction that a crash interrupted leaves parts of the history, or damage in it: they no longer matter. */
  #recoverPast(sessionId: string, past: PastSession, segment: number): void {
    const entry = this.#entries.get(sessionId) ?? newEntry(past.startedAtUnixMs);
    this.#headless.delete(sessionId);
    entry.startedAtUnixMs = past.startedAtUnixMs;
    entry.ended = true;
    entry.records = undefined;
    entry.bodies = undefined;
    entry.past = past;
    entry.pastIsStored = true;
    entry.damage = undefined;
    entry.segments.add(segment);
    this.#entries.set(sessionId, entry);
  }

  #damage(sessionId: string, damage: string): void {
    const entry = this.#entries.get(sessionId) ?? newEntry(0);
    entry.damage ??= damage;
    this.#entries.set(sessionId, entry);
  }
}
