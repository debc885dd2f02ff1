import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { CanonicalEvent } from '../model/canonical-event.js';
import { isEnded, type Run } from '../model/run.js';
import { pause } from '../observer/backoff.js';
import type { RunStore } from '../store/run-store.js';

/** What one reader of a run's live stream asked for. */
export interface EventStreamOptions {
  /** Events after this one come first. */
  readonly afterSeq: number;
  /** A `snapshot` event at the begin and after every batch. */
  readonly snapshot: ((run: Run, events: readonly CanonicalEvent[]) => unknown) | undefined;
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
}

const BATCH = 200;
/** A busy run wakes its readers at most every so often; events of that time go together. */
const BATCH_MS = 25;
/** A long run takes long to fold: this many times that long is left to everybody else. */
const SNAPSHOT_PAUSE = 4;
/** A reader that takes nothing for so long is cut off; it may resume after its last id. */
const STALLED_MS = 60_000;

/**
 * Writes the events of a run as server-sent events until the run has ended or the reader leaves. Reads from the store at the pace
 * of the reader, so a slow one costs no memory, and nothing is lost or repeated between history and live.
 */
export async function streamRun(response: ServerResponse, store: RunStore, runId: string, options: EventStreamOptions): Promise<void> {
  const { signal, heartbeatMs } = options;
  // An id that was never given away is that of no event: such a reader gets what comes next.
  let cursor = Math.min(options.afterSeq, store.get(runId)?.lastEventSeq ?? 0);
  let first = true;
  let wake = (): void => undefined;
  let dirty = true;
  const unsubscribe = store.subscribe((run) => {
    if (run.id !== runId) return;
    dirty = true;
    wake();
  });
  const write = async (text: string): Promise<void> => {
    if (!response.write(text)) await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(STALLED_MS)]) });
  };
  try {
    while (!signal.aborted) {
      dirty = false;
      const run = store.get(runId);
      if (run === undefined) return;
      const events = await store.events(runId, cursor);
      for (let at = 0; at < events.length; at += BATCH) {
        await write(
          events
            .slice(at, at + BATCH)
            .map(eventFrame)
            .join(''),
        );
      }
      cursor = events.at(-1)?.seq ?? cursor;
      let batchMs = BATCH_MS;
      if (options.snapshot !== undefined && (events.length > 0 || first)) {
        const startedMs = performance.now();
        const snapshot = await snapshotFrame(store, run, options.snapshot);
        batchMs = Math.max(BATCH_MS, (performance.now() - startedMs) * SNAPSHOT_PAUSE);
        await write(snapshot);
      }
      first = false;
      if (isEnded(run.status) && cursor >= run.lastEventSeq) {
        await write(frame('end', { status: run.status, lastSeq: cursor, errorCode: run.errorCode, errorMessage: run.errorMessage }));
        return;
      }
      const woken = dirty || (await waitFor((resolve) => (wake = resolve), heartbeatMs, signal));
      if (woken) await pause(batchMs, signal);
      else if (!signal.aborted) await write(frame('heartbeat', { ts: new Date().toISOString() }));
    }
  } finally {
    unsubscribe();
    response.end();
  }
}

/** All readers of a run share one snapshot of each of its steps; a run is replaced by the next step, never changed. */
const snapshots = new WeakMap<Run, string>();

async function snapshotFrame(store: RunStore, run: Run, snapshot: NonNullable<EventStreamOptions['snapshot']>): Promise<string> {
  const events = await store.events(run.id);
  const text = snapshots.get(run) ?? frame('snapshot', snapshot(run, events.slice(0, run.lastEventSeq)));
  snapshots.set(run, text);
  return text;
}

function eventFrame(event: CanonicalEvent): string {
  return `id: ${event.seq}\nevent: canonical_event\ndata: ${JSON.stringify(event)}\n\n`;
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** True when woken, false after the time or when the signal aborts. */
function waitFor(onWake: (resolve: () => void) => void, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (woken: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      resolve(woken);
    };
    const aborted = (): void => done(false);
    const timer = setTimeout(() => done(false), timeoutMs);
    signal.addEventListener('abort', aborted, { once: true });
    onWake(() => done(true));
  });
}
