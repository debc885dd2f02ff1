import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../json-value.js';
import type { RunRecord } from './run-folder.js';

/** Records of the runs that go on under a runs folder, newest first; files that are no records are left out. */
export function loadRunRecords(runsDir: string): RunRecord[] {
  let names: string[];
  try {
    names = readdirSync(runsDir);
  } catch {
    // No folder yet: no runs.
    return [];
  }
  return names.flatMap((name) => readRecord(join(runsDir, name, 'run.json')) ?? []).toSorted((a, b) => b.startedAtUnixMs - a.startedAtUnixMs);
}

function readRecord(file: string): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isJsonObject(value) && typeof value['runId'] === 'string' && typeof value['sessionId'] === 'string' ? (value as unknown as RunRecord) : undefined;
  } catch {
    // Ended in the meantime, or not a record.
    return undefined;
  }
}
