import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOY_AGENT, TOY_MODE } from './toy-mode.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'macp-mode-'));
const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [...args], { cwd: copy, timeout: 110_000 }).catch((error: Error & { stdout?: string }) => {
    // A compiler says what is wrong on its output.
    error.message += error.stdout ?? '';
    throw error;
  });
const bin = (name: string) => join(root, 'node_modules', name);

describe('adding a mode', { timeout: 120_000 }, () => {
  let before: ReadonlyMap<string, string>;

  beforeAll(() => {
    const parts = ['tsconfig.base.json', 'scripts', 'packages/protocol', 'packages/core', 'packages/runtime'];
    // Links between the packages are relative, so they point into the copy; those to the store go through the link below.
    for (const part of parts)
      cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('/dist') });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    before = contents(copy);
  }, 60_000);
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('is one folder in protocol and one file in core: the rest is generated', async () => {
    for (const [path, text] of Object.entries(TOY_MODE)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    await expect(run('scripts/generate-modes.mjs', '--check')).rejects.toThrow('npx pnpm generate');
    await run('scripts/generate-modes.mjs');
    await run('scripts/generate-proto.mjs');
    await run('scripts/generate-modes.mjs', '--check');

    const touched = [...contents(copy)].filter(([path, hash]) => before.get(path) !== hash).map(([path]) => path);
    expect(touched.filter((path) => !path.includes('/src/gen/')).toSorted()).toEqual(Object.keys(TOY_MODE).toSorted());
    const places = new Set(Object.keys(TOY_MODE).map((path) => (path.startsWith('packages/core') ? path : dirname(path))));
    expect([...places]).toEqual(['packages/protocol/src/modes/coin-toss', 'packages/core/src/session/coin-toss-session.ts']);
  });

  it('is all that the client and the runtime need to hold a session of it', async () => {
    await run(bin('typescript/bin/tsc'), '-b', 'packages/core', 'packages/runtime');
    await run('packages/protocol/scripts/copy-assets.mjs');
    writeFileSync(join(copy, 'agent.mjs'), TOY_AGENT);
    const { stdout } = await run('agent.mjs');
    expect(stdout).toBe('tails');
  });

  it('brings its tests along', async () => {
    writeFileSync(
      join(copy, 'vitest.config.mjs'),
      "export default { test: { include: ['packages/protocol/src/modes/{registry,coin-toss/mode}.test.ts'] } };\n",
    );
    const { stdout } = await run(bin('vitest/vitest.mjs'), 'run', '-t', 'coin.toss');
    expect(stdout).toContain('4 passed');
  });
});

/** A hash of every file that somebody wrote, by its path from the root of the copy. */
function contents(folder: string, at = '', found = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory() && !['node_modules', 'dist', '.turbo'].includes(entry.name)) contents(folder, path, found);
    else if (entry.isFile())
      found.set(
        path,
        createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex'),
      );
  }
  return found;
}
