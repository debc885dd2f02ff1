import { watch } from 'node:fs';
import { sep } from 'node:path';

const QUIET_MS = 300;
const IGNORED = new Set(['node_modules', '.git', '.turbo']);

/**
 * Settles when a file below one of the folders has changed and nothing more changes for 300 ms; false when the signal aborts.
 * What lies in `ignore`, in node_modules and in .git does not count.
 */
export async function untilChanged(folders: readonly string[], ignore: string, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (changed: boolean): void => {
      clearTimeout(timer);
      done.abort();
      resolve(changed);
    };
    signal.addEventListener('abort', () => end(false), { once: true, signal: done.signal });
    for (const folder of new Set(folders)) {
      const watcher = watch(folder, { recursive: true, signal: either }, (_event, name) => {
        const path = `${folder}${sep}${name ?? ''}`;
        if (path === ignore || path.startsWith(`${ignore}${sep}`) || path.split(sep).some((part) => IGNORED.has(part))) return;
        clearTimeout(timer);
        timer = setTimeout(() => end(true), QUIET_MS);
      });
      // A folder that vanishes is a change like any other; the next run says what is missing.
      watcher.on('error', () => end(true));
    }
  });
}
