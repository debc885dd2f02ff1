import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.mjs';
import { packPackages } from '../../scripts/pack-packages.mjs';
import { cleanEnvironment, run } from './run.js';
import { startRegistry } from './registry.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the packages of this checkout are published. */
    readonly registry: string;
    /** The same packages as files. */
    readonly tarballs: readonly string[];
  }
}

/** Builds, packs and publishes this checkout once for all packed tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'macp-published-'));
  await build('./packages/*');
  const tarballs = await packPackages(folder);
  const registry = await startRegistry();
  const env = await cleanEnvironment(folder, registry.url);
  for (const tarball of tarballs) {
    const published = await run(`npm publish "${tarball}" --provenance=false`, { cwd: folder, env });
    if (published.code !== 0) throw new Error(`publishing ${tarball} failed:\n${published.output}`);
  }
  project.provide('registry', registry.url);
  project.provide('tarballs', tarballs);
  return async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
