import { relative, sep } from 'node:path';

/** A path as a person types it: relative below the folder where they stand, else whole. */
export function shownPath(path: string, cwd: string): string {
  const way = relative(cwd, path);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) ? path : way;
}
