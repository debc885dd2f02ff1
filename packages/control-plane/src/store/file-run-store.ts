import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@macp-agent/core';
import { MacpError } from '@macp-agent/protocol';
import { lockFolder, type FolderLock } from '@macp-agent/protocol/folder-lock';
import { placeEvent, type CanonicalEvent, type EventDraft } from '../model/canonical-event.js';
import { isEnded, type Run } from '../model/run.js';
import { openRemovedList, type RemovedList } from './removed-list.js';
import { damagedPath, readRunLog, type RunLine } from './run-log.js';
import type { MakeStep, RunListener, RunStep, RunStore } from './run-store.js';

/** Options of `openFileRunStore`. */
export interface FileRunStoreOptions {
  /** Folder of this store alone; made with mode 0700 when missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly nowUnixMs: () => number;
  /** Ended runs whose events stay in memory; default 32. */
  readonly cachedRuns?: number | undefined;
}

interface Entry {
  /** As stored. */
  run: Run;
  /** With the steps that are still being stored. */
  newest: Run;
  /** Undefined when only the file has them. */
  events: CanonicalEvent[] | undefined;
  /** Of its file. */
  bytes: number;
  pending: { text: string; done: () => void; failed: (error: unknown) => void }[];
  writing: Promise<void> | undefined;
}

const RUN_FILE = /^([A-Za-z0-9_-]{1,128})\.ndjson$/;

/** Opens the store: one append-only file per run, a step per line. A torn last line of a crash is cut off. */
export async function openFileRunStore(options: FileRunStoreOptions): Promise<RunStore> {
  const runsDir = join(options.dataDir, 'runs');
  await mkdir(runsDir, { recursive: true, mode: 0o700 });
  const { dataDir, logger } = options;
  const lock = await lockFolder(dataDir, {
    onWait: (waitMs) =>
      logger.warn(`the data folder ${dataDir} may be in use by another container or machine; waiting ${waitMs} ms for a sign of life of it`, { path: dataDir }),
  });
  const store = new FileRunStore(runsDir, lock, options, await openRemovedList(join(options.dataDir, 'removed')));
  for (const file of await readdir(runsDir)) {
    const runId = RUN_FILE.exec(file)?.[1];
    if (runId !== undefined) await store.restore(runId);
  }
  return store;
}

class FileRunStore implements RunStore {
  readonly #dir: string;
  readonly #lock: FolderLock;
  readonly #options: FileRunStoreOptions;
  readonly #removed: RemovedList;
  readonly #entries = new Map<string, Entry>();
  readonly #bySession = new Map<string, string>();
  readonly #byKey = new Map<string, string>();
  readonly #listeners = new Set<RunListener>();
  /** Ended runs with events in memory, oldest use first. */
  readonly #cached = new Set<string>();

  constructor(dir: string, lock: FolderLock, options: FileRunStoreOptions, removed: RemovedList) {
    this.#removed = removed;
    this.#dir = dir;
    this.#lock = lock;
    this.#options = options;
  }

  async restore(runId: string): Promise<void> {
    const log = await readRunLog(this.#path(runId), this.#options.logger);
    if (log === undefined) return;
    const { run, bytes } = log;
    this.#add({ run, newest: run, events: isEnded(run.status) ? undefined : log.events, bytes, pending: [], writing: undefined });
  }

  async create(run: Omit<Run, 'lastEventSeq' | 'updatedAt'>, events: readonly EventDraft[]): Promise<Run> {
    if (this.#entries.has(run.id) || this.#bySession.has(run.runtimeSessionId)) {
      throw new MacpError('SESSION_ALREADY_EXISTS', `a run of session ${run.runtimeSessionId} exists; use another session id or idempotency key`, {
        context: { runId: run.id },
      });
    }
    const first: Run = { ...run, lastEventSeq: 0, updatedAt: run.createdAt };
    const entry: Entry = { run: first, newest: first, events: [], bytes: 0, pending: [], writing: undefined };
    this.#add(entry);
    return this.#step(entry, { events }, true);
  }

  async append(runId: string, step: RunStep | MakeStep): Promise<Run> {
    const entry = this.#entries.get(runId);
    if (entry === undefined) throw new MacpError('SESSION_NOT_FOUND', `the run ${runId} is not known; list runs with GET /runs`, { context: { runId } });
    if (entry.events === undefined) entry.events = [...(await this.events(runId))];
    const made = typeof step === 'function' ? step(entry.newest) : step;
    return made === undefined ? entry.run : this.#step(entry, made, false);
  }

  get(runId: string): Run | undefined {
    return this.#entries.get(runId)?.run;
  }

  bySession(sessionId: string): Run | undefined {
    return this.get(this.#bySession.get(sessionId) ?? '');
  }

  byIdempotencyKey(key: string): Run | undefined {
    return this.get(this.#byKey.get(key) ?? '');
  }

  list(): readonly Run[] {
    return [...this.#entries.values()].map((entry) => entry.run);
  }

  async events(runId: string, afterSeq = 0): Promise<readonly CanonicalEvent[]> {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return [];
    if (entry.events === undefined) {
      const log = await readRunLog(this.#path(runId), this.#options.logger);
      // Somebody else may have loaded them meanwhile, and appended.
      entry.events ??= log?.events ?? [];
    }
    this.#touch(entry);
    // Sequence numbers count from 1 without gaps, so they are positions too.
    return afterSeq <= 0 ? entry.events.slice() : entry.events.slice(afterSeq);
  }

  bytes(runId: string): number {
    return this.#entries.get(runId)?.bytes ?? 0;
  }

  subscribe(listener: RunListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async remove(runId: string): Promise<void> {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return;
    this.#entries.delete(runId);
    this.#cached.delete(runId);
    this.#bySession.delete(entry.run.runtimeSessionId);
    if (entry.run.idempotencyKey !== null) this.#byKey.delete(entry.run.idempotencyKey);
    await entry.writing;
    await this.#removed.add(entry.run.runtimeSessionId);
    await Promise.all([rm(this.#path(runId), { force: true }), rm(damagedPath(this.#path(runId)), { force: true })]);
  }

  wasRemoved(sessionId: string): boolean {
    return this.#removed.has(sessionId);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.writing));
    this.#listeners.clear();
    await this.#lock.release();
  }

  #add(entry: Entry): void {
    const { run } = entry;
    this.#entries.set(run.id, entry);
    this.#bySession.set(run.runtimeSessionId, run.id);
    if (run.idempotencyKey !== null) this.#byKey.set(run.idempotencyKey, run.id);
  }

  async #step(entry: Entry, step: RunStep, first: boolean): Promise<Run> {
    const ts = new Date(this.#options.nowUnixMs()).toISOString();
    const base = entry.newest;
    const placed = (step.events ?? []).map((draft, index) => placeEvent(draft, base.id, base.lastEventSeq + 1 + index, ts));
    const run: Run = { ...base, ...step.patch, lastEventSeq: base.lastEventSeq + placed.length, updatedAt: ts };
    entry.newest = run;
    if (run.idempotencyKey !== null) this.#byKey.set(run.idempotencyKey, run.id);
    const line: RunLine = { run: first ? run : { ...step.patch, lastEventSeq: run.lastEventSeq, updatedAt: ts }, events: placed };
    await this.#write(entry, `${JSON.stringify(line)}\n`, () => {
      // Shown only once stored, so that no reader ever saw a number that a crash gives away again.
      entry.run = run;
      entry.events?.push(...placed);
      for (const listener of this.#listeners) listener(run, placed);
    });
    if (isEnded(run.status)) this.#touch(entry);
    return run;
  }

  #write(entry: Entry, text: string, stored: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        stored();
        resolve();
      };
      entry.pending.push({ text, done, failed: reject });
      entry.writing ??= this.#drain(entry).finally(() => (entry.writing = undefined));
    });
  }

  /** One write takes every step that queued up during the last one. */
  async #drain(entry: Entry): Promise<void> {
    while (entry.pending.length > 0) {
      const batch = entry.pending.splice(0);
      try {
        if (this.#lock.isLost) throw new Error(`another process has taken the data folder ${this.#options.dataDir}; start again when it has ended`);
        const text = batch.map((item) => item.text).join('');
        await appendFile(this.#path(entry.run.id), text, { mode: 0o600 });
        entry.bytes += Buffer.byteLength(text);
        for (const item of batch) item.done();
      } catch (cause) {
        const error = new MacpError('INTERNAL_ERROR', `writing the log of run ${entry.run.id} failed; check the space and rights of the data folder`, {
          cause,
          context: { runId: entry.run.id },
        });
        // Steps that queued up behind the failed ones carry numbers that no longer follow.
        const failed = [...batch, ...entry.pending.splice(0)];
        await this.#rewind(entry);
        for (const item of failed) item.failed(error);
      }
    }
  }

  /** Goes back to what the file holds; the caller of a failed step may try again. */
  async #rewind(entry: Entry): Promise<void> {
    try {
      const log = await readRunLog(this.#path(entry.run.id), this.#options.logger);
      if (log === undefined) return;
      entry.run = log.run;
      entry.newest = log.run;
      entry.events = log.events;
      entry.bytes = log.bytes;
    } catch (error) {
      this.#options.logger.error('the log of a run cannot be read after a failed write', { runId: entry.run.id, error: String(error) });
    }
  }

  #touch(entry: Entry): void {
    if (!isEnded(entry.run.status)) return;
    this.#cached.delete(entry.run.id);
    this.#cached.add(entry.run.id);
    for (const oldest of this.#cached) {
      if (this.#cached.size <= (this.#options.cachedRuns ?? 32)) break;
      this.#cached.delete(oldest);
      const old = this.#entries.get(oldest);
      if (old !== undefined && old.writing === undefined) old.events = undefined;
    }
  }

  #path(runId: string): string {
    return join(this.#dir, `${runId}.ndjson`);
  }
}
