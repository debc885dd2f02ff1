import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMacpError } from '@macp-agent/protocol';
import { loadRecordedRun, type RecordedRun } from './load-recorded-run.js';

/** A run of a runs folder. */
export interface RunListing {
  readonly runId: string;
  readonly transcriptFile: string;
  /** Undefined for a transcript that cannot be read; `problem` says why. */
  readonly run: RecordedRun | undefined;
  readonly problem: string | undefined;
}

/** The newest runs of a folder, at most `limit` (default 20); folders without a transcript are left out. */
export function listRecordedRuns(runsDir: string, limit = 20): RunListing[] {
  return transcripts(runsDir)
    .toSorted((one, other) => other.changedMs - one.changedMs)
    .slice(0, limit)
    .map(({ name, file }) => {
      try {
        const run = loadRecordedRun(file);
        return { runId: run.header.runId, transcriptFile: file, run, problem: undefined };
      } catch (error) {
        if (!isMacpError(error)) throw error;
        return { runId: name, transcriptFile: file, run: undefined, problem: error.message };
      }
    });
}

function transcripts(runsDir: string): { name: string; file: string; changedMs: number }[] {
  let names: string[];
  try {
    names = readdirSync(runsDir);
  } catch {
    // No folder yet: no runs.
    return [];
  }
  return names.flatMap((name) => {
    const file = join(runsDir, name, 'transcript.ndjson');
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ name, file, changedMs: stat.mtimeMs }];
  });
}
