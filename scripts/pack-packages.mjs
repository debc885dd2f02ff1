// Packs every package of packages/ as it would be published: workspace: and catalog: ranges become real ones.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './build.mjs';

/** Packs the built packages into a folder and returns the tarballs. Throws with pnpm's own words when it fails. */
export async function packPackages(destination) {
  const args = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', destination];
  try {
    await promisify(execFile)('pnpm', args, { cwd: root, shell: process.platform === 'win32', maxBuffer: 50_000_000 });
  } catch (error) {
    throw new Error(`packing failed: ${error.stderr || error.stdout || error.message}`, { cause: error });
  }
  return readdirSync(destination)
    .filter((name) => name.endsWith('.tgz'))
    .toSorted()
    .map((name) => join(destination, name));
}
