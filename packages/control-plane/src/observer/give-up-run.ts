import { isEnded, type Run } from '../model/run.js';
import type { RunStore } from '../store/run-store.js';
import { runEvent } from './lifecycle-events.js';

/** Ends a run whose runtime went away with the process that started both; a run that has ended stays as it is. */
export async function giveUpLeft(store: RunStore, runId: string, atUnixMs: number): Promise<void> {
  await giveUp(store, runId, atUnixMs, ({ lastOrdinal }) => {
    return `the console that ran it was stopped before the run ended, and its runtime with it; ${lastOrdinal} envelope(s) were recorded. Start the run again`;
  });
}

/** Ends a run that was posted and whose session nobody started; one that began meanwhile stays as it is. */
export async function giveUpUnbegun(store: RunStore, runId: string, atUnixMs: number): Promise<void> {
  await giveUp(store, runId, atUnixMs, ({ lastOrdinal, createdAt, runtimeSessionId }) => {
    if (lastOrdinal > 0) return undefined;
    const waitedSeconds = Math.round((atUnixMs - Date.parse(createdAt)) / 1000);
    return `no SessionStart for session ${runtimeSessionId} in ${waitedSeconds} s; look at the log of the initiator`;
  });
}

async function giveUp(store: RunStore, runId: string, atUnixMs: number, why: (newest: Run) => string | undefined): Promise<void> {
  const endedAt = new Date(atUnixMs).toISOString();
  await store.append(runId, (newest) => {
    const errorMessage = isEnded(newest.status) ? undefined : why(newest);
    if (errorMessage === undefined) return undefined;
    const error = { code: 'SESSION_NOT_FOUND', message: errorMessage };
    return {
      patch: { status: 'failed', endedAt, errorCode: error.code, errorMessage },
      events: [runEvent('run.failed', newest, { status: 'failed', endedAt, error })],
    };
  });
}
