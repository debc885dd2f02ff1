import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const FLAT = {
  participant_id: 'fraud-agent',
  session_id: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11',
  mode: 'macp.mode.decision.v1',
  runtime_url: '127.0.0.1:50051',
  auth_token: 'very-secret',
  secure: false,
  allow_insecure: true,
  participants: ['risk-agent', 'fraud-agent'],
  mode_version: '1.0.0',
  configuration_version: 'config.default',
  policy_version: 'policy.default',
};
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const bootstrap = async (document: object, ...argv: string[]) => {
  writeFileSync(join(cwd, 'b.json'), JSON.stringify(document), { mode: 0o600 });
  const [command = '', ...rest] = argv;
  const run = await macp(['bootstrap', command, 'b.json', ...rest], { cwd });
  expect(run.stdout + run.stderr).not.toContain('very-secret');
  return run;
};

describe('macp bootstrap', () => {
  it('check accepts a good document and lists every problem of a bad one', async () => {
    expect(await bootstrap(FLAT, 'check')).toMatchObject({ code: 0, stdout: expect.stringContaining('b.json is fine') as string });
    const bad = await bootstrap({ ...FLAT, auth_token: '', session_id: undefined }, 'check', '--json');
    expect(bad.code).toBe(2);
    expect((JSON.parse(bad.stdout) as { problems: { path: string; step: string }[] }).problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'runtime.bearerToken', step: 'step 3' }),
        expect.objectContaining({ path: 'run.sessionId', step: 'producer' }),
      ]) as unknown,
    );
    expect((await bootstrap({ ...FLAT, auth_token: '' }, 'check')).stderr).toContain('bootstrap.runtime.bearerToken is required');
  });

  it('explain says what the agent would do', async () => {
    const { code, stdout } = await bootstrap(FLAT, 'explain');
    expect(code).toBe(0);
    expect(stdout).toContain('fraud-agent');
  });

  it('convert masks secrets on the screen and writes them for the owner only', async () => {
    const shown = await bootstrap(FLAT, 'convert', '--to', 'nested');
    expect(JSON.parse(shown.stdout)).toMatchObject({ participant: { participantId: 'fraud-agent' }, runtime: { bearerToken: '(set, not shown)' } });
    expect((await bootstrap(FLAT, 'convert', '--to', 'nested', '-o', 'n.json')).code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'n.json'), 'utf8'))).toMatchObject({ runtime: { bearerToken: 'very-secret' } });
    expect(statSync(join(cwd, 'n.json')).mode & 0o777).toBe(0o600);
    const again = await bootstrap(FLAT, 'convert', '--to', 'nested', '-o', 'n.json');
    expect(again.code).not.toBe(0);
    expect((await bootstrap(FLAT, 'convert', '--to', 'odd')).code).toBe(2);
  });
});
