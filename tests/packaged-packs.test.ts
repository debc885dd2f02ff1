import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `macp …` in an empty folder outside of the repository. Needs the build. */
async function macp(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'macp-anywhere-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/macp.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, RISK_DECIDER_SUSPEND_HOLD_MS: '200' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, stdout, stderr };
}

it.each(['fraud/high-value-new-device@1.0.0', 'lending/loan-underwriting@1.0.0', 'claims/auto-claim-review@1.0.0'])(
  '%s runs in an empty folder, with the agents that come with the package',
  { timeout: 30_000 },
  async (ref) => {
    const { code, stdout } = await macp('run', ref, '--json');
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly state: string };
    expect({ code, state: last.state }).toEqual({ code: 0, state: 'RESOLVED' });
  },
);

it('decides every template and case of the packs as the agents of the examples do', { timeout: 180_000 }, async () => {
  const { code, stdout } = await macp('test', join(root, 'packages/scenarios/dist/packs'), '--reporter', 'json');
  const report = JSON.parse(stdout) as { readonly results: readonly { readonly name: string; readonly passed: boolean }[] };
  expect({ code, failed: report.results.filter(({ passed }) => !passed).map(({ name }) => name) }).toEqual({ code: 0, failed: [] });
  const cases = readFileSync(join(root, 'examples/fraud/cases.jsonl'), 'utf8').trim().split('\n').length;
  expect(report.results.length).toBeGreaterThan(cases);
});
