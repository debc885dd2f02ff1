import { open, type FileHandle } from 'node:fs/promises';
import type { DataFolder } from './data-folder.js';

/** Bytes that wait for the disk at most; beyond it appends are refused. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

interface Append {
  readonly frame: Buffer;
  /** Called when the frame is on disk, before the promise of the append resolves; tells in which segment. */
  readonly stored: (segment: number) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends frames to the newest segment by group commit: what arrives while the disk is busy goes out together, with one
 * fdatasync. A write that fails is cut off again and refuses all that waits; a failed sync stops the writer for good,
 * because nobody knows what the disk then has.
 */
export class SegmentWriter {
  readonly #folder: DataFolder;
  readonly #segmentBytes: number;
  #number: number;
  #size: number;
  #handle: FileHandle | undefined;
  #waiting: Append[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #broken: unknown;
  #closed = false;

  /** Goes on in segment `number` after `size` bytes; it is opened with the first append. */
  constructor(folder: DataFolder, segmentBytes: number, number: number, size: number) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#number = number;
    this.#size = size;
  }

  get segment(): number {
    return this.#number;
  }

  /** Throws when the frame cannot be taken now; a frame that was taken fails only together with all that follow it. */
  append(frame: Buffer, stored: (segment: number) => void): Promise<void> {
    if (this.#closed) throw new Error('the log is closed');
    if (this.#broken !== undefined) throw new Error('the log has stopped; restart the runtime', { cause: this.#broken });
    if (this.#waitingBytes + frame.length > MAX_WAITING_BYTES) throw new Error('the disk is too far behind');
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, stored, resolve, reject });
      this.#waitingBytes += frame.length;
      this.#running ??= this.#run();
    });
  }

  /** Runs `task` between two batches, with a new segment begun if `seal` says so. */
  async exclusively<T>(seal: boolean, task: () => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running;
    const work = (async () => {
      if (seal && this.#size > 0) await this.#nextSegment();
      return task();
    })();
    this.#running = work.then(
      () => this.#afterWork(),
      () => this.#afterWork(),
    );
    return work;
  }

  /** Stores what waits, then closes the file. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== undefined) await this.#running;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  #afterWork(): void {
    this.#running = this.#waiting.length > 0 ? this.#run() : undefined;
  }

  async #run(): Promise<void> {
    // What arrives in this turn of the event loop shares the first sync.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#storeBatch(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): Append[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || bytes < MAX_BATCH_BYTES)) bytes += (this.#waiting[count++] as Append).frame.length;
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #storeBatch(batch: readonly Append[]): Promise<void> {
    if (this.#folder.isLost()) {
      this.#broken = new Error(`another runtime has taken the data folder ${this.#folder.path}`);
      this.#refuse(batch, this.#broken);
      return;
    }
    try {
      if (this.#size >= this.#segmentBytes) await this.#nextSegment();
      await this.#write(Buffer.concat(batch.map(({ frame }) => frame)));
    } catch (error) {
      await this.#cutBack();
      this.#refuse(batch, error);
      return;
    }
    try {
      await (this.#handle as FileHandle).datasync();
    } catch (error) {
      this.#broken = error;
      this.#refuse(batch, error);
      return;
    }
    for (const { stored, resolve } of batch) {
      stored(this.#number);
      resolve();
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const handle = (this.#handle ??= await this.#open());
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, this.#size + written);
      written += bytesWritten;
    }
    this.#size += bytes.length;
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#folder.segmentPath(this.#number), this.#size === 0 ? 'w' : 'r+');
    await this.#folder.sync();
    return handle;
  }

  async #nextSegment(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#number += 1;
    this.#size = 0;
  }

  async #cutBack(): Promise<void> {
    try {
      await this.#handle?.truncate(this.#size);
    } catch (error) {
      this.#broken = error;
    }
  }

  /** Everything that waits comes after what failed, so it fails too. */
  #refuse(batch: readonly Append[], error: unknown): void {
    const all = [...batch, ...this.#waiting];
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { reject } of all) reject(error);
  }
}
