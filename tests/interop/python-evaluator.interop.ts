import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPython } from './outside.js';

const python = findPython();
const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples/python-evaluator');

interface Started {
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** A command in the folder of the example, with the Python that has the SDK first in PATH. */
function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(command, args, {
    cwd: example,
    env: { PATH: `${dirname(python as string)}${delimiter}${process.env['PATH'] ?? ''}`, HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { said: () => text, ended: new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)) };
}

const macp = (...args: readonly string[]): Started => start(process.execPath, [join(root, 'packages/cli/bin/macp.js'), ...args]);

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'macp-python-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.runIf(python !== undefined)('examples/python-evaluator', () => {
  it('decides as its templates say, started by the run', { timeout: 60_000 }, async () => {
    const test = macp('test', 'scenario.yaml', '--runs-dir', tempFolder());
    expect([await test.ended, test.said()]).toEqual([0, expect.stringMatching(/2 of 2 as expected/)]);
  });

  it('takes part when somebody else starts it with the bootstrap of the run', { timeout: 60_000 }, async () => {
    const folder = tempFolder();
    const run = macp('run', 'scenario.yaml', '--template', 'external', '--bootstrap-dir', folder, '--runs-dir', join(folder, 'runs'));
    await expect.poll(run.said, { timeout: 20_000 }).toContain('start it with MACP_BOOTSTRAP_FILE=');
    const agent = start(python as string, ['evaluator.py'], { MACP_BOOTSTRAP_FILE: join(folder, 'python-evaluator.json') });
    expect([await agent.ended, await run.ended]).toEqual([0, 0]);
    expect(run.said()).toMatch(/python-evaluator +evaluation APPROVE 0\.8 +an amount of 2400[\s\S]*RESOLVED approve/);
  });
});
