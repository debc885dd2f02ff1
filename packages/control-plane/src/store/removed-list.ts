import { appendFile, readFile, writeFile } from 'node:fs/promises';

/** Sessions whose records were removed, over restarts. */
export interface RemovedList {
  has(sessionId: string): boolean;
  add(sessionId: string): Promise<void>;
}

/** A runtime lists its sessions for a limited time, so older ones need not be remembered. */
const KEPT = 10_000;

/** Reads the list; one that has grown too long is cut to its newest entries. */
export async function openRemovedList(path: string): Promise<RemovedList> {
  const known = (await readLines(path)).filter((line) => line !== '');
  if (known.length > KEPT) await writeFile(path, `${known.splice(-KEPT).join('\n')}\n`, { mode: 0o600 });
  const ids = new Set(known);
  return {
    has: (sessionId) => ids.has(sessionId),
    async add(sessionId) {
      if (ids.has(sessionId)) return;
      ids.add(sessionId);
      await appendFile(path, `${sessionId}\n`, { mode: 0o600 });
    },
  };
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
