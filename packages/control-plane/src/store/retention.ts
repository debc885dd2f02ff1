import { isEnded, type Run } from '../model/run.js';
import type { RunStore } from './run-store.js';

/** How much of the past is kept. Runs that have not ended are never removed, whatever the limits say. */
export interface RetentionLimits {
  /** An ended run is removed this long after its end; Infinity keeps it. */
  readonly maxAgeMs: number;
  /** When all records together are larger, those that ended first are removed; Infinity for no limit. */
  readonly maxBytes: number;
}

/** 30 days and 1 GiB. */
export const DEFAULT_RETENTION: RetentionLimits = { maxAgeMs: 30 * 86_400_000, maxBytes: 1024 ** 3 };

/** Ids of the runs that the limits no longer leave room for, oldest end first. */
export function outlived(runs: readonly { readonly run: Run; readonly bytes: number }[], limits: RetentionLimits, nowUnixMs: number): string[] {
  let total = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  const ended = runs
    .filter(({ run }) => isEnded(run.status))
    .map(({ run, bytes }) => ({ id: run.id, bytes, endedMs: Date.parse(run.endedAt ?? run.updatedAt) }));
  ended.sort((left, right) => left.endedMs - right.endedMs || left.id.localeCompare(right.id));
  const ids: string[] = [];
  for (const { id, bytes, endedMs } of ended) {
    if (nowUnixMs - endedMs <= limits.maxAgeMs && total <= limits.maxBytes) continue;
    ids.push(id);
    total -= bytes;
  }
  return ids;
}

/** Removes what the limits no longer leave room for; the result is what was removed. */
export async function removeOutlived(store: RunStore, limits: RetentionLimits, nowUnixMs: number): Promise<string[]> {
  const runs = store.list().map((run) => ({ run, bytes: store.bytes(run.id) }));
  const ids = outlived(runs, limits, nowUnixMs);
  for (const id of ids) await store.remove(id);
  return ids;
}
