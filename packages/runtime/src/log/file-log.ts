import { readFile, rename, truncate, unlink, writeFile, open } from 'node:fs/promises';
import type { Logger } from '../logger.js';
import { takeDataFolder, type DataFolder } from './data-folder.js';
import { encodeFrame, scan } from './frame.js';
import { decodeRecord, encodeRecord, isLastRecord } from './record-codec.js';
import { SegmentWriter } from './segment-writer.js';
import type { LogRecord, SessionLog, StoredSession } from './session-log.js';

/** A segment of this size is not written to any more. */
const SEGMENT_BYTES = 64 * 1024 * 1024;
const NONE: readonly LogRecord[] = [];

export interface FileLogOptions {
  readonly logger: Logger;
  /** Default 64 MiB. */
  readonly segmentBytes?: number | undefined;
}

/** What is known of a session on disk, also after its records left memory. */
interface Entry {
  /** Records that were appended so far, stored or on their way. */
  appended: number;
  readonly startedAtUnixMs: number;
  ended: boolean;
  readonly segments: Set<number>;
  /** Stored records; undefined once evicted. */
  records: LogRecord[] | undefined;
  damage?: string;
}

/**
 * The durable log: all sessions of a data folder share append-only segments, so that one fdatasync serves all that was
 * accepted meanwhile. A record counts once it is on disk.
 */
export class FileLog implements SessionLog {
  readonly #folder: DataFolder;
  readonly #logger: Logger;
  readonly #segmentBytes: number;
  readonly #entries = new Map<string, Entry>();
  #writer: SegmentWriter | undefined;
  #closing: Promise<void> | undefined;

  private constructor(folder: DataFolder, options: FileLogOptions) {
    this.#folder = folder;
    this.#logger = options.logger;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  }

  /** Takes the data folder for this process; rejects with INVALID_OPTIONS when it cannot be had. `recover` comes next. */
  static async open(path: string, options: FileLogOptions): Promise<FileLog> {
    return new FileLog(await takeDataFolder(path), options);
  }

  append(sessionId: string, record: LogRecord): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error('recover() comes before the first append');
    const entry = this.#entries.get(sessionId) ?? newEntry(record.atUnixMs);
    const written = writer.append(encodeFrame(sessionId, entry.appended, encodeRecord(record)), (segment) => {
      entry.records?.push(record);
      entry.segments.add(segment);
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
    return this.#entries.get(sessionId)?.records ?? NONE;
  }

  knows(sessionId: string): boolean {
    return this.#entries.has(sessionId);
  }

  evict(sessionId: string): void {
    const entry = this.#entries.get(sessionId);
    if (entry?.ended === true) entry.records = undefined;
  }

  async recover(): Promise<readonly StoredSession[]> {
    const numbers = await this.#folder.segments();
    let end = 0;
    for (const number of numbers) end = await this.#recoverSegment(number, number === numbers.at(-1));
    const last = numbers.at(-1) ?? 1;
    // After damage the rest goes to a new segment, so that what is there stays as it was found.
    this.#writer = end < 0 ? new SegmentWriter(this.#folder, this.#segmentBytes, last + 1, 0) : new SegmentWriter(this.#folder, this.#segmentBytes, last, end);
    return Array.from(this.#entries, ([sessionId, entry]) => {
      if (entry.damage === undefined) return { sessionId, records: entry.records ?? NONE };
      entry.records = undefined;
      return { sessionId, damage: entry.damage };
    });
  }

  async deleteBefore(startedBeforeUnixMs: number): Promise<number> {
    const doomed = new Map([...this.#entries].filter(([, entry]) => entry.ended && entry.damage === undefined && entry.startedAtUnixMs < startedBeforeUnixMs));
    const writer = this.#writer;
    if (doomed.size === 0 || writer === undefined) return 0;
    const segments = new Set([...doomed.values()].flatMap((entry) => [...entry.segments]));
    await writer.exclusively(segments.has(writer.segment), async () => {
      // Oldest first: what a crash leaves of a session has no beginning, and is dropped at the next start.
      for (const number of [...segments].toSorted((a, b) => a - b)) await this.#rewrite(number, doomed);
    });
    for (const sessionId of doomed.keys()) this.#entries.delete(sessionId);
    return doomed.size;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#writer?.close();
      await this.#folder.release();
    })();
    return this.#closing;
  }

  /** Reads a segment into memory; answers where its good part ends, or -1 when it holds damage. */
  async #recoverSegment(number: number, isLast: boolean): Promise<number> {
    const path = this.#folder.segmentPath(number);
    const segment = await readFile(path);
    let damaged = false;
    for (const found of scan(segment)) {
      if (found.kind === 'record') {
        this.#recoverRecord(found.sessionId, found.sequence, found.body, number);
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

  #recoverRecord(sessionId: string, sequence: number, body: Buffer, segment: number): void {
    let record: LogRecord;
    try {
      record = decodeRecord(body);
    } catch (error) {
      this.#damage(sessionId, `record ${sequence} cannot be read: ${(error as Error).message}`);
      return;
    }
    const known = this.#entries.get(sessionId);
    if (known === undefined && record.kind !== 'start') {
      this.#logger.warn(`session ${sessionId}: its beginning is gone, the rest is left out`, { sessionId });
      return;
    }
    const entry = known ?? newEntry(record.atUnixMs);
    this.#entries.set(sessionId, entry);
    entry.segments.add(segment);
    if (sequence !== entry.appended) {
      this.#damage(sessionId, `record ${entry.appended} is missing`);
      return;
    }
    entry.appended += 1;
    entry.records?.push(record);
    entry.ended ||= isLastRecord(record);
  }

  #damage(sessionId: string, damage: string): void {
    const entry = this.#entries.get(sessionId) ?? newEntry(0);
    entry.damage ??= damage;
    this.#entries.set(sessionId, entry);
  }

  /** A sealed segment without the sessions that go; removed when nothing stays. */
  async #rewrite(number: number, doomed: ReadonlyMap<string, Entry>): Promise<void> {
    const path = this.#folder.segmentPath(number);
    const kept: Buffer[] = [];
    for (const found of scan(await readFile(path))) {
      if (found.kind === 'record' && !doomed.has(found.sessionId)) kept.push(encodeFrame(found.sessionId, found.sequence, found.body));
    }
    if (kept.length === 0) {
      await unlink(path);
    } else {
      const next = `${path}.next`;
      await writeFile(next, Buffer.concat(kept));
      const handle = await open(next, 'r');
      await handle.sync().finally(() => handle.close());
      await rename(next, path);
    }
    await this.#folder.sync();
  }
}

function newEntry(startedAtUnixMs: number): Entry {
  return { appended: 0, startedAtUnixMs, ended: false, segments: new Set(), records: [] };
}
