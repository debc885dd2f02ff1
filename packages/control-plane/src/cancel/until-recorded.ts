import type { Run } from '../model/run.js';
import type { RunStore } from '../store/run-store.js';

/**
 * Resolves when the stored run is so, when it is removed, or after `limitMs`. The record follows its stream and is then written, so
 * that whoever changed a session is answered with what the record says.
 */
export async function untilRecorded(store: RunStore, runId: string, isSo: (run: Run) => boolean, limitMs: number): Promise<void> {
  const isDone = (): boolean => {
    const run = store.get(runId);
    return run === undefined || isSo(run);
  };
  if (isDone()) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(limit);
      unsubscribe();
      resolve();
    };
    const limit = setTimeout(done, limitMs);
    const unsubscribe = store.subscribe((changed) => {
      if (changed.id === runId && isDone()) done();
    });
  });
}
