import { open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import type { DataFolder } from './data-folder.js';
import { scan, type Found } from './frame.js';

type FoundRecord = Extract<Found, { kind: 'record' }>;

/** Frames that are looked at before others get their turn. */
const TURN = 2000;

/**
 * Writes a sealed segment again without the records that `drop` names, and removes it when nothing stays. Everything else
 * stays byte for byte, damage too. A crash leaves the old segment or the new one.
 */
export async function rewriteSegment(folder: DataFolder, number: number, drop: (found: FoundRecord) => boolean): Promise<void> {
  const path = folder.segmentPath(number);
  const segment = await readFile(path);
  const kept: Buffer[] = [];
  let keptTo = 0;
  let seen = 0;
  for (const found of scan(segment)) {
    if (found.kind === 'record' && drop(found)) {
      if (found.offset > keptTo) kept.push(segment.subarray(keptTo, found.offset));
      keptTo = found.end;
    }
    seen += 1;
    if (seen % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (keptTo === 0) return;
  if (keptTo < segment.length) kept.push(segment.subarray(keptTo));
  if (kept.length === 0) {
    await unlink(path);
  } else {
    const next = `${path}.next`;
    await writeFile(next, Buffer.concat(kept));
    const handle = await open(next, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(next, path);
  }
  await folder.sync();
}
