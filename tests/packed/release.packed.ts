import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startRegistry, type Registry } from './registry.js';
import { cleanEnvironment, run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let registry: Registry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macp-release-'));
  // What is not ours comes from the other local registry, which has it already.
  registry = await startRegistry(inject('registry'));
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a release', () => {
  it('goes from a changeset to a scaffolded project with the new version', async () => {
    const copy = join(folder, 'repository');
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, copy]);
    const env = { ...(await cleanEnvironment(folder, registry.url)), CI: 'true' };
    const type = async (line: string, cwd = copy): Promise<string> => {
      const { code, output } = await run(line, { cwd, env });
      if (code !== 0) throw new Error(`${line} ended with ${code}:\n${output}`);
      return output;
    };
    const versionOf = (path: string): string => (JSON.parse(readFileSync(join(copy, path, 'package.json'), 'utf8')) as { version: string }).version;
    const before = versionOf('packages/core');
    const [major, minor] = before.split('.').map(Number);
    const next = `${major}.${(minor ?? 0) + 1}.0`;

    await type('pnpm install --frozen-lockfile --prefer-offline');
    await writeFile(join(copy, '.changeset/rehearsal.md'), "---\n'@macp-agent/core': minor\n---\n\nRehearse a release.\n");
    const refused = await run('pnpm release', { cwd: copy, env });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('the working tree is not clean') });
    await type('git add --all && git commit --quiet --message "Add a changeset"');

    await type('pnpm release --no-git-checks');
    for (const path of ['packages/core', 'packages/protocol', 'packages/create-macp-agent', 'templates/node']) expect(versionOf(path)).toBe(next);
    expect(readFileSync(join(copy, 'packages/core/CHANGELOG.md'), 'utf8')).toContain('Rehearse a release.');
    expect(await type('git status --porcelain')).toBe('');
    expect(await type('git log -1 --format=%s --decorate=short')).toBe(`Release ${next}\n`);
    expect(await type('git tag --points-at HEAD')).toBe(`v${next}\n`);
    await type('npm create --yes macp-agent@latest app -- --template node --yes', folder);
    const app = JSON.parse(readFileSync(join(folder, 'app/package.json'), 'utf8')) as { dependencies: Record<string, string>; macp: object };
    expect(app.dependencies['@macp-agent/core']).toBe(`^${next}`);
    expect(app.macp).toMatchObject({ version: next });
    await type('npm install && npm start', join(folder, 'app'));

    // Again: nothing is left to publish, and that is no error.
    await type('pnpm release --no-git-checks');
  });
});
