import { createHash } from 'node:crypto';

/** What an upgrade does about one thing that the scaffolder once wrote. */
export type Change =
  /** Already as this version writes it. */
  | 'same'
  /** Not touched since it was written, so it is written anew. */
  | 'update'
  /** New in this version. */
  | 'add'
  /** Not touched since it was written, and gone in this version. */
  | 'remove'
  /** Changed or removed by the user; this version has nothing new for it. */
  | 'yours'
  /** Changed by the user and by this version; the user's stays. */
  | 'conflict';

/** Compares fingerprints: as it is now, as it was written, as this version would write it; undefined where there is nothing. */
export function compareThree(own: string | undefined, base: string | undefined, next: string | undefined): Change {
  if (own === next) return 'same';
  if (own === base) {
    if (next === undefined) return 'remove';
    return own === undefined ? 'add' : 'update';
  }
  // What the user took out stays out.
  if (next === base || next === undefined || own === undefined) return 'yours';
  return 'conflict';
}

/** Short and stable; tells an edit from no edit, guards against nothing. */
export function fingerprint(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 8);
}
