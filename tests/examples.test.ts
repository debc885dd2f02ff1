import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const script = join(root, 'scripts/run-examples.mjs');

const run = (...names: readonly string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, '--no-build', ...names], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject).once('close', (code) => resolve({ code, output }));
  });

const STORIES = [
  'cancel-callback',
  'cancel-delegated',
  'guide-agent',
  'late-joiner',
  'session-node',
  'spoofed-sender',
  'modes/handoff',
  'modes/multi-round',
  'modes/proposal',
  'modes/quorum',
  'modes/task',
];

describe('the examples', () => {
  it.each(STORIES)('%s shows what it says', { timeout: 70_000 }, async (name) => {
    expect(await run(name)).toEqual({ code: 0, output: expect.stringContaining(`✓ ${name}`) });
  });

  it('are all run, and each says in a README what it shows', () => {
    const found = ['', 'modes'].flatMap((parent) =>
      readdirSync(join(root, 'examples', parent))
        .map((name) => join(parent, name))
        .filter((name) => existsSync(join(root, 'examples', name, 'package.json'))),
    );
    expect(found.toSorted()).toEqual(STORIES.toSorted());
    for (const name of found) expect([name, readFileSync(join(root, 'examples', name, 'README.md'), 'utf8').startsWith('# ')]).toEqual([name, true]);
  });

  it('are named when one does not exist', async () => {
    expect(await run('cancel-calback')).toEqual({ code: 2, output: expect.stringContaining('there are cancel-callback, cancel-delegated') });
  });
});
