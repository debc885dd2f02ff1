import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.mjs';
import { packPackages } from '../../scripts/pack-packages.mjs';
import { cleanEnvironment, run } from './run.js';
import { installManagers, type Manager } from './managers.js';
import { startRegistry } from './registry.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the packages of this checkout are published. */
    readonly registry: string;
    /** Managers that could be had, and the folder to find them in. */
    readonly managers: readonly Manager[];
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
  // A path the children inherit: every test finds the managers as a user finds what is installed.
  const managers = await installManagers(folder, env);
  process.env['PATH'] = `${managers.bin}${delimiter}${process.env['PATH'] ?? ''}`;
  for (const line of managers.missing) process.stderr.write(`without ${line}\n`);
  project.provide('registry', registry.url);
  project.provide('managers', managers.present);
  project.provide('tarballs', tarballs);
  return async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
