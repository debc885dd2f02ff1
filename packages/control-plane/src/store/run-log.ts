import { copyFile, readFile, truncate } from 'node:fs/promises';
import type { Logger } from '@macp-agent/core';
import type { CanonicalEvent } from '../model/canonical-event.js';
import type { Run } from '../model/run.js';

/** One line of a run's file: the whole run in the first, what changed in the others. */
export interface RunLine {
  readonly run: Partial<Run>;
  readonly events: readonly CanonicalEvent[];
}

/** Run and events of a file, and its size; undefined when it holds no complete first line. */
export async function readRunLog(path: string, logger: Logger): Promise<{ run: Run; events: CanonicalEvent[]; bytes: number } | undefined> {
  const bytes = await readFile(path);
  let run: Run | undefined;
  const events: CanonicalEvent[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    const line = end === -1 ? undefined : parseLine(bytes.subarray(start, end).toString('utf8'), events.length + 1);
    if (line === undefined) {
      await cut(path, bytes.length, start, end === -1, logger);
      break;
    }
    run = { ...run, ...line.run } as Run;
    events.push(...line.events);
    start = end + 1;
  }
  return run?.id === undefined ? undefined : { run, events, bytes: start };
}

function parseLine(text: string, nextSeq: number): RunLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    // The caller cuts the file here and says so.
    return undefined;
  }
  if (typeof line !== 'object' || line === null || !('run' in line) || !('events' in line) || !Array.isArray(line.events)) return undefined;
  const { events } = line as RunLine;
  return events.every((event, index) => event.seq === nextSeq + index) ? (line as RunLine) : undefined;
}

/** Where a damaged file is kept. */
export const damagedPath = (path: string): string => `${path}.damaged`;

/** A torn tail was never shown to anybody; damage in the middle is kept aside first. */
async function cut(path: string, size: number, at: number, torn: boolean, logger: Logger): Promise<void> {
  if (torn) {
    logger.info('cut off an incomplete last line of a run log', { path, bytes: size - at });
  } else {
    await copyFile(path, damagedPath(path));
    logger.warn('a run log is damaged; it ends before the damage now, the old file is kept beside it', { path, atByte: at });
  }
  await truncate(path, at);
}
