import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { didYouMean, listRecordedRuns, loadRecordedRun, type RecordedRun } from '@macp-agent/scenarios';
import type { Config } from '../config.js';

const MAX_SEARCHED = 10_000;

/** The run that a word names: a file, a run folder, or a run id (or its beginning) under the runs folder; without a word the newest run. */
export function openRecordedRun(config: Config, word: string | undefined, runsDir: string): RecordedRun {
  if (word === undefined) return newest(resolve(config.cwd, runsDir), runsDir);
  const path = resolve(config.cwd, word);
  if (existsSync(path)) return loadRecordedRun(statSync(path).isDirectory() ? join(path, 'transcript.ndjson') : path);
  const known = listRecordedRuns(resolve(config.cwd, runsDir), MAX_SEARCHED);
  const exact = known.filter(({ runId }) => runId === word);
  const found = exact.length > 0 ? exact : known.filter(({ runId }) => word.length >= 4 && runId.startsWith(word));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return loadRecordedRun(only.transcriptFile);
  if (found.length > 1) throw new MacpError('INVALID_OPTIONS', `${word} begins several run ids: ${found.map(({ runId }) => runId).join(', ')}`);
  const hint = didYouMean(
    word,
    known.map(({ runId }) => runId),
  );
  throw new MacpError('INVALID_OPTIONS', `${word} is neither a file nor a run under ${runsDir}.${hint} macp runs list shows what there is`, {
    context: { path: word },
  });
}

function newest(folder: string, runsDir: string): RecordedRun {
  const [first] = listRecordedRuns(folder, 1);
  if (first === undefined) throw new MacpError('INVALID_OPTIONS', `there is no run under ${runsDir}; macp run <scenario> makes one`);
  return loadRecordedRun(first.transcriptFile);
}
