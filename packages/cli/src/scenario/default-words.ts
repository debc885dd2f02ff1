import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import type { Config } from '../config.js';

const USUAL = ['scenario.yaml', 'packs', 'examples'];

/** What a folder has to test or lint when nobody says: its scenario.yaml, its packs, its examples. Throws INVALID_OPTIONS when it has none. */
export function defaultWords({ cwd }: Config): string[] {
  const found = USUAL.filter((name) => existsSync(join(cwd, name)));
  if (found.length > 0) return found;
  throw new MacpError(
    'INVALID_OPTIONS',
    `there is no ${USUAL.join(', no ')} here; name a packs root, a pack, a scenario.yaml, or a reference from macp scenario list`,
  );
}
