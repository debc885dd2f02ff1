import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { macp } from '../cli.test-support.js';

// Agents and the command of the last tests are real processes of what was built.
const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
const bin = fileURLToPath(new URL('../../bin/macp.js', import.meta.url));
const MODE = 'macp.mode.decision.v1';
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
  mkdirSync(join(cwd, 'policies'));
  cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
  writeFileSync(join(cwd, 'scenario.yaml'), readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie nobody has waited for yet counts as gone.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('macp run', () => {
  it('prints one line per envelope and the outcome last, plain when piped', async () => {
    const { code, stdout, stderr } = await macp(['run', 'scenario.yaml'], { cwd });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const said = lines(stdout).filter((line) => line.startsWith('+'));
    expect(said[0]).toMatch(/^\+ +\d\.\d\ds lead +SessionStart policy policy\.test\.majority, 3 participants, ttl 60 s — decide about S-1$/);
    expect(said[1]).toMatch(/lead +Proposal +S-1-review ship — an amount of 100/);
    expect(said.at(-1)).toMatch(/lead +Commitment +approve \(positive\) under policy\.test\.majority — 2 votes/);
    expect(stdout).toMatch(/r1 +evaluation APPROVE 0\.9 +as scripted\n +vote +APPROVE +as scripted/);
    expect(stdout).not.toContain('missing');
    expect(stdout).toMatch(/transcript +runs\/.*\/transcript\.ndjson/);
    expect(lines(stdout).at(-1)).toMatch(/^RESOLVED approve \(positive\) after \d+\.\d\d s$/);
  });

  it('prints one JSON object per line with --json, and exits 3 for a negative commitment', async () => {
    const { code, stdout } = await macp(['run', 'scenario.yaml', '--template', 'reject', '--json', '--set', 'subject=0012'], { cwd });
    const events = lines(stdout).map((line) => JSON.parse(line) as { type: string; payload?: { proposalId?: string } });
    expect(code).toBe(3);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['run', 'agent', 'envelope', 'agent-exit', 'outcome']));
    expect(events.find(({ payload }) => payload?.proposalId !== undefined)?.payload?.proposalId).toBe('0012-review');
    expect(events.at(-1)).toMatchObject({ type: 'outcome', state: 'RESOLVED', exitCode: 3, commitment: { action: 'decline', outcomePositive: false } });
    expect(stdout).not.toMatch(/token|bearer/i);
  });

  it('prints only the outcome with --quiet, exits 4 without a commitment and says why', async () => {
    const { code, stdout } = await macp(['run', 'scenario.yaml', '--template', 'cancel', '--quiet'], { cwd });
    expect(code).toBe(4);
    expect(stdout).not.toMatch(/SessionStart/);
    expect(lines(stdout).at(-1)).toMatch(/^CANCELLED without a commitment after .* s: for a person to decide$/);
  });

  it('says why a session expired and whose vote was missing', async () => {
    writeFileSync(join(cwd, 'scenario.yaml'), readFileSync(join(cwd, 'scenario.yaml'), 'utf8').replace('ttlMs: 60000', 'ttlMs: 1500'));
    const { code, stdout } = await macp(['run', 'scenario.yaml', '--template', 'idle', '--json'], { cwd });
    expect(code).toBe(4);
    expect(JSON.parse(lines(stdout).at(-1) ?? '')).toMatchObject({
      state: 'EXPIRED',
      reason: 'its time of 1.5 s (ttl) was over; everybody had voted, but lead did not commit',
    });
  });

  it.each([40, 60, 80, 120, 200])('fits a terminal of %i columns, breaks between words and leaves no footer behind', async (columns) => {
    const { code, stdout } = await macp(['run', 'scenario.yaml'], { cwd, columns, env: { LANG: 'C.UTF-8' } });
    expect(code).toBe(0);
    const rows = lines(stripVTControlCharacters(stdout));
    expect(rows.filter((line) => line.startsWith('+')).length).toBeGreaterThan(6);
    expect(rows.filter((line) => line.length >= columns)).toEqual([]);
    const words = new Set(rows.flatMap((line) => line.split(/\s+|(?<=\/)/)));
    for (const word of 'Scripted review template default, policy.test.majority (positive) scripted evaluation transcript'.split(' ')) {
      expect([...words]).toContain(word);
    }
    expect(stdout).toContain('ctrl-c cancels');
    expect(stdout.slice(stdout.lastIndexOf('Outcome'))).not.toContain('ctrl-c cancels');
  });

  it('colours nothing with NO_COLOR', async () => {
    const { stdout } = await macp(['run', 'scenario.yaml', '-q'], { cwd, columns: 100, env: { NO_COLOR: '1' } });
    expect(stdout).toBe(stripVTControlCharacters(stdout));
  });
});

describe('macp run --runtime', () => {
  const identities = [
    { token: 'lead-token', sender: 'lead', canStartSessions: true, allowedModes: [MODE, ''] },
    { token: 'team-token-1', sender: 'r1', canStartSessions: false },
    { token: 'team-token-2', sender: 'r2', canStartSessions: false },
    { token: 'runner-token', sender: 'macp-runner', canStartSessions: false, canManageModeRegistry: true, isObserver: true },
  ];
  const tokens = { lead: 'lead-token', r1: 'team-token-1', r2: 'team-token-2', 'macp-runner': 'runner-token' };

  it('takes tokens from the environment or .env', async () => {
    await using runtime = await startRuntime({ identities });
    const args = ['run', 'scenario.yaml', '--runtime', runtime.address, '--quiet'];
    expect((await macp(args, { cwd, env: { EXAMPLES_SERVICE_AGENT_TOKENS_JSON: JSON.stringify(tokens) } })).code).toBe(0);
    writeFileSync(join(cwd, '.env'), `MY_TOKENS='${JSON.stringify(tokens)}'\n`);
    expect((await macp([...args, '--tokens-env', 'MY_TOKENS'], { cwd })).code).toBe(0);
  });

  it('may stand in .env, so that a project starts there without an option', async () => {
    await using runtime = await startRuntime({ identities });
    const lines = [`MACP_RUNTIME_ADDRESS=${runtime.address}`, `EXAMPLES_SERVICE_AGENT_TOKENS_JSON='${JSON.stringify(tokens)}'`];
    writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
    const { code, stderr } = await macp(['run', 'scenario.yaml'], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`runtime: ${runtime.address}, as MACP_RUNTIME_ADDRESS says`)]);
    const elsewhere = await macp(['run', 'scenario.yaml', '--quiet'], { cwd, env: { MACP_RUNTIME_ADDRESS: '127.0.0.1:1' } });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('127.0.0.1:1')]);
  });

  it.each([
    [
      undefined,
      /bootstrap\.runtime\.bearerToken is required: EXAMPLES_SERVICE_AGENT_TOKENS_JSON \(not set\) has no token for the sender r1, r2, lead\. Fix \(onboarding step 3\)/,
    ],
    [JSON.stringify({ lead: 'x', r1: 'y' }), /bootstrap\.runtime\.bearerToken is required: .* has no token for the sender r2\. Fix \(onboarding step 3\)/],
    ['{oops secret', /EXAMPLES_SERVICE_AGENT_TOKENS_JSON must be valid JSON \(object of string→string\)/],
    [JSON.stringify({ lead: 5 }), /\[lead\] must be a non-empty string/],
  ])('with the token map %s exits 2 before anything starts', async (map, message) => {
    const env: Record<string, string> = map === undefined ? {} : { EXAMPLES_SERVICE_AGENT_TOKENS_JSON: map };
    const { code, stderr } = await macp(['run', 'scenario.yaml', '--runtime', '127.0.0.1:1'], { cwd, env });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
    expect(code).toBe(2);
    expect(readdirSync(cwd)).not.toContain('runs');
  });

  it('that is not there exits 1 and names the address', async () => {
    const { code, stderr } = await macp(['run', 'scenario.yaml', '--runtime', '127.0.0.1:1'], {
      cwd,
      env: { EXAMPLES_SERVICE_AGENT_TOKENS_JSON: JSON.stringify(tokens) },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('127.0.0.1:1');
  });
});

describe('a run at a terminal', () => {
  const start = (...argv: string[]) => {
    const child = spawn(process.execPath, [bin, 'run', 'scenario.yaml', ...argv], {
      cwd,
      env: { PATH: process.env['PATH'], TMPDIR: tmpdir() },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const seen = { text: '' };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (seen.text += text));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, seen, ended };
  };
  const until = (seen: { text: string }, text: string) => vi.waitFor(() => expect(seen.text).toContain(text), { timeout: 15_000, interval: 50 });
  /** Ctrl-C goes to the whole foreground process group. */
  const interrupt = (pid: number | undefined): void => {
    if (pid !== undefined) process.kill(-pid, 'SIGINT');
  };

  it('is cancelled by Ctrl-C with the identity of the initiator and exits 130', async () => {
    const { child, seen, ended } = start('--template', 'idle');
    await until(seen, 'Proposal');
    interrupt(child.pid);
    expect(await ended).toBe(130);
    expect(seen.text).toMatch(/session +CANCELLED/);
    expect(lines(seen.text).at(-1)).toMatch(/^CANCELLED without a commitment after .*: cancelled at the terminal$/);
    const [runId = ''] = readdirSync(join(cwd, 'runs'));
    expect(readdirSync(join(cwd, 'runs', runId))).not.toContain('run.json');
  });

  it.each([
    ['SIGTERM', 'cancelled by SIGTERM'],
    ['SIGHUP', 'cancelled by SIGHUP: its terminal was closed'],
  ] as const)('is cancelled by %s and says so', async (signal, reason) => {
    const { child, seen, ended } = start('--template', 'idle');
    await until(seen, 'Proposal');
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(lines(seen.text).at(-1)).toContain(`: ${reason}`);
    expect(seen.text).not.toContain('refused');
  });

  it('that is killed leaves no agent and no secret behind', async () => {
    const { child, seen, ended } = start('--template', 'idle');
    await until(seen, 'Proposal');
    const [runId = ''] = readdirSync(join(cwd, 'runs'));
    const recordFile = join(cwd, 'runs', runId, 'run.json');
    const { agents } = JSON.parse(readFileSync(recordFile, 'utf8')) as { agents: { pid: number }[] };
    expect(agents).toHaveLength(3);
    const secrets = agents.map(({ pid }) => /MACP_BOOTSTRAP_FILE=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? '');
    expect(secrets.every((file) => existsSync(file))).toBe(true);
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(agents.filter(({ pid }) => isAlive(pid))).toEqual([]), { timeout: 5_000 });
    expect([recordFile, ...secrets].filter((file) => existsSync(file))).toEqual([]);
  });

  it('is cancelled by macp cancel from elsewhere', async () => {
    const { seen, ended } = start('--template', 'idle');
    await until(seen, 'Proposal');
    const [runId = ''] = readdirSync(join(cwd, 'runs'));
    expect((await macp(['cancel', 'nope'], { cwd })).stderr).toContain('no run nope goes on');
    const { code, stdout } = await macp(['cancel', runId.slice(0, 8), '--reason', 'too slow', '--json'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, runId });
    expect(await ended).toBe(4);
    expect(lines(seen.text).at(-1)).toMatch(/^CANCELLED without a commitment after .*too slow/);
    expect((await macp(['cancel'], { cwd })).code).toBe(2);
  });
});
