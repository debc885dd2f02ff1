import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { startControlPlane, type ControlPlane } from '@macp-agent/control-plane';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { macp } from '../cli.test-support.js';
import { readLog } from './log-symptoms.js';
import { tempFolder } from './rows.test-support.js';

const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
const bin = fileURLToPath(new URL('../../bin/macp.js', import.meta.url));
let cwd: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  cwd = tempFolder();
  mkdirSync(join(cwd, 'policies'));
  cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(cwd, { recursive: true, force: true });
});

/** The scenario of the fixtures, with agents that misbehave. */
function write(behaviour: Readonly<Record<string, string>>, ttlMs = 60_000): void {
  const text = readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures).replace('ttlMs: 60000', `ttlMs: ${ttlMs}`);
  const changed = Object.entries(behaviour).reduce(
    (all, [agent, how]) => all.replace(new RegExp(`( {4}${agent}: \\{ command: [^\\]]*\\])`), `$1, env: { BEHAVIOUR: ${how} }`),
    text,
  );
  writeFileSync(join(cwd, 'scenario.yaml'), changed);
}

const runIt = (...args: readonly string[]) => macp(['run', 'scenario.yaml', '--quiet', ...args], { cwd });
const runId = (): string => readdirSync(join(cwd, 'runs'))[0] ?? '';

describe('macp doctor --run', () => {
  it('finds a good run fine', async () => {
    write({});
    await runIt();
    expect(await macp(['doctor', '--run', runId()], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok {7}session: RESOLVED: approve\n$/) as string,
    });
  });

  it('says that an agent was silent, and that the session expired', async () => {
    write({ reviewer: 'silent', committer: 'idle' }, 1_500);
    await runIt();
    const { code, stdout } = await macp(['doctor', '--run', runId()], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/warning {2}session: EXPIRED without a commitment.*\n +fix \(scenario\): raise ttlMs/);
    expect(stdout).toMatch(/error {4}participants: r1 said nothing: .*never subscribed.*\n +fix \(onboarding step 5\)/);
  });

  it('says that no initiator opened the session', async () => {
    write({});
    writeFileSync(join(cwd, 'broken.mjs'), "import 'no-such-package-of-this-agent';\n");
    writeFileSync(
      join(cwd, 'scenario.yaml'),
      readFileSync(join(cwd, 'scenario.yaml'), 'utf8').replace(
        `committer: { command: [node, ${fixtures}/lead.mjs]`,
        'committer: { command: [node, broken.mjs]',
      ),
    );
    await runIt();
    const { stdout } = await macp(['doctor', '--run', runId(), '--json'], { cwd });
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { probe: string; level: string; text: string });
    expect(findings.find(({ probe }) => probe === 'session')).toMatchObject({
      level: 'error',
      text: expect.stringContaining('no initiator opened the session') as string,
    });
    expect(findings.find(({ probe }) => probe === 'log')).toMatchObject({
      text: expect.stringMatching(/^lead logged .*ERR_MODULE_NOT_FOUND.*not installed/) as string,
    });
  });

  it('while it goes on: names a callback that nobody serves any more', { timeout: 150_000 }, async () => {
    write({ committer: 'idle' });
    const child = spawn(process.execPath, [bin, 'run', 'scenario.yaml', '--json'], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    const record = (): { cancelCallback?: object; agents: { participantId: string; pid: number }[] } =>
      JSON.parse(readFileSync(join(cwd, 'runs', runId(), 'run.json'), 'utf8'));
    await vi.waitFor(() => expect([seen.includes('"Proposal"'), record().cancelCallback !== undefined]).toEqual([true, true]), {
      timeout: 60_000,
      interval: 50,
    });
    expect((await macp(['doctor', '--run', runId()], { cwd })).stdout).toMatch(/ok {7}cancel callback: 127\.0\.0\.1:\d+ listens; macp cancel/);
    // A runner that is stopped does not see that its initiator has gone.
    child.kill('SIGSTOP');
    process.kill(record().agents.find(({ participantId }) => participantId === 'lead')?.pid ?? 0, 'SIGKILL');
    await vi.waitFor(
      async () =>
        expect((await macp(['doctor', '--run', runId()], { cwd })).stdout).toMatch(
          /error {4}cancel callback: nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
        ),
      { timeout: 60_000, interval: 200 },
    );
    child.kill('SIGKILL');
    child.kill('SIGCONT');
  });
});

describe('a log', () => {
  it.each([
    ["KeyError: 'session_id'", 'producer', /macp bootstrap convert/],
    ['Error: MacpClient requires TLS. secure: false would send the token', 'transport', /allowInsecure/],
    ['bootstrap.runtime.bearerToken is required', 'step 3', /macp onboard/],
    ['502 AUTH_MINT_FAILED', 'step 2', /macp auth serve/],
  ])('with "%s" names the fix', (line, step, fix) => {
    expect(readLog('agent', `starting\n${line}\n`)).toEqual([expect.objectContaining({ step, fix: expect.stringMatching(fix) as string })]);
  });
});

describe('macp doctor --console', () => {
  const IDENTITIES = [
    { token: 'lead', sender: 'lead' },
    { token: 'observer', sender: 'observer', isObserver: true, canStartSessions: false },
  ];
  let clockMs: number;
  let runtime: Runtime;
  let plane: ControlPlane;
  beforeEach(async () => {
    clockMs = 0;
    runtime = await startRuntime({ identities: IDENTITIES });
    plane = await startControlPlane({
      port: 0,
      runtimeAddress: runtime.address,
      runtimeToken: 'observer',
      runtimeSecure: false,
      dataDir: join(cwd, 'console'),
      nowUnixMs: () => Date.now() + clockMs,
    });
  });
  afterEach(async () => {
    await plane.close();
    await runtime.close(0);
  });
  const ask = (id: string, url = plane.url) => macp(['doctor', '--run', id, '--console', url], { cwd });
  const register = async (metadata: object): Promise<string> => {
    const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion: 'policy.default' };
    const session = { modeName: 'macp.mode.decision.v1', ...versions, ttlMs: 60_000, participants: [{ id: 'lead' }, { id: 'other' }], metadata };
    const body = JSON.stringify({ mode: 'live', runtime: { kind: 'rust', version: 'v1' }, session, execution: {} });
    const response = await fetch(new URL('runs', plane.url), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const text = await response.text();
    expect({ ok: response.ok, text }).toMatchObject({ ok: true });
    return (JSON.parse(text) as { runId: string }).runId;
  };

  it('explains a run whose session nobody opened', { timeout: 30_000 }, async () => {
    const id = await register({});
    clockMs = 600_000;
    const status = async (): Promise<unknown> => ((await (await fetch(new URL(`runs/${id}`, plane.url))).json()) as { status: unknown }).status;
    await vi.waitFor(async () => expect(await status()).toBe('failed'), { timeout: 20_000, interval: 100 });
    expect((await ask(id)).stdout).toMatch(/SESSION_NOT_FOUND: no initiator opened the session\n +fix \(onboarding step 5\): start the agents/);
  });

  it('explains a callback that cannot be reached, and a run that is unknown', async () => {
    const id = await register({ cancelCallback: { url: 'http://127.0.0.1:1/agent/cancel' } });
    expect((await ask(id)).stdout).toMatch(/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\): a cancel from the console answers 502/);
    expect((await ask('run-2')).stdout).toMatch(/does not know the run run-2/);
  });

  it('explains what only other observers do: RUNTIME_TIMEOUT, and giving up on a quiet run', async () => {
    let answers: Record<string, unknown> = { '/runs/run-1': { status: 'failed', errorCode: 'RUNTIME_TIMEOUT', metadata: {} } };
    const observer = createServer((request, response) => {
      const body = answers[request.url ?? ''];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => observer.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(observer.address() as AddressInfo).port}`;
    expect((await ask('run-1', url)).stdout).toMatch(/RUNTIME_TIMEOUT: no initiator opened the session\n +fix \(onboarding step 5\): start the agents/);
    answers = { '/runs/run-1': { status: 'failed', errorCode: 'IDLE', metadata: {} }, '/runs/run-1/state': { run: { sessionState: 'OPEN' } } };
    expect((await ask('run-1', url)).stdout).toMatch(
      /its session still is OPEN: the observer gave up on a quiet run\n +fix \(producer\): raise its idle limit/,
    );
    await new Promise((resolve) => observer.close(resolve));
  });

  it('says of a session that was discovered why it has neither scenario nor cancel', async () => {
    await using client = new MacpClient({ address: runtime.address, secure: false, auth: Auth.bearer('lead') });
    const session = new DecisionSession(client);
    await session.start({ intent: 'x', participants: ['lead', 'other'], ttlMs: 60_000, sender: 'lead' });
    await vi.waitFor(async () => expect((await fetch(new URL(`runs/${session.sessionId}`, plane.url))).status).toBe(200), { timeout: 10_000, interval: 50 });
    const { code, stdout } = await ask(session.sessionId);
    expect(code).toBe(1);
    expect(stdout).toMatch(/warning {2}source: the run was discovered, not registered: .*no scenario and no roles\n +fix \(producer\): post its descriptor/);
    expect(stdout).toMatch(/warning {2}cancel callback: the run has no cancelCallback: .*400/);
  });
});
