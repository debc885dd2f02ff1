import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { macp } from '../cli.test-support.js';

// The command and its agents are real processes of what was built.
const bin = fileURLToPath(new URL('../../bin/macp.js', import.meta.url));
const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
const FRAUD = 'fraud/high-value-new-device@1.0.0';

let cwd: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-console-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(cwd, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly seen: { text: string };
  readonly ended: Promise<number | null>;
}

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'], TMPDIR: tmpdir(), MACP_PACKS_DIR: examples, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const seen = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (seen.text += text));
  return { child, seen, ended: new Promise((resolve) => child.once('close', resolve)) };
}

async function urlOf({ seen }: Started): Promise<string> {
  await vi.waitFor(() => expect(seen.text).toMatch(/console: http:\S+\n/), { timeout: 15_000, interval: 50 });
  return /console: (http:\S+?)(?:#\S*)?\n/.exec(seen.text)?.[1] ?? '';
}

type Body = ReturnType<typeof JSON.parse>;

async function call(base: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Body }> {
  const init = body === undefined ? { headers } : { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  const response = await fetch(new URL(path, base), init);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const untilStatus = (base: string, runId: string, status: string) =>
  vi.waitFor(async () => expect((await call(base, `runs/${runId}`)).body.status).toBe(status), { timeout: 15_000, interval: 100 });

/** Processes whose environment names the run: its agents, and what they started. */
const agentsOf = (runDir: string): number[] =>
  (JSON.parse(readFileSync(join(runDir, 'run.json'), 'utf8')) as { agents: { pid: number }[] }).agents.map(({ pid }) => pid);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('macp console', () => {
  it('lists scenarios, starts one, shows it completed, and cancels another', async () => {
    const console_ = start(['console', '--port', '0']);
    const url = await urlOf(console_);
    const listed = (await call(url, 'scenarios')).body.data as { scenarioRef: string; templates: { id: string }[] }[];
    expect(listed.find(({ scenarioRef }) => scenarioRef === FRAUD)?.templates.map(({ id }) => id)).toContain('suspend-demo');

    const bad = await call(url, 'examples/run', { scenarioRef: FRAUD, inputs: { deviceTrustScore: 7 } });
    expect(bad).toMatchObject({ status: 400, body: { errorCode: 'VALIDATION_ERROR' } });
    expect(bad.body.message).toContain('deviceTrustScore must be <= 1');

    const first = await call(url, 'examples/run', { scenarioRef: FRAUD });
    expect(first.status).toBe(201);
    await untilStatus(url, first.body.runId, 'completed');
    const run = (await call(url, `runs/${first.body.runId}`)).body;
    expect(run.metadata).toMatchObject({ scenarioRef: FRAUD, refusals: 'reported', cancelCallback: { bearer: '***' } });
    expect((await call(url, `runs/${first.body.runId}/state`)).body.decision.current).toMatchObject({ finalized: true });

    const second = (await call(url, 'examples/run', { scenarioRef: FRAUD, templateId: 'suspend-demo' })).body.runId as string;
    const agents = agentsOf(join(cwd, 'runs', second));
    expect(agents).toHaveLength(4);
    await untilStatus(url, second, 'suspended');
    const cancelled = await call(url, `runs/${second}/cancel`, { reason: 'seen enough' });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', runtimeState: 'CANCELLED', confirmed: true } });
    await vi.waitFor(() => expect(agents.filter(isAlive)).toEqual([]), { timeout: 5_000 });

    console_.child.kill('SIGINT');
    expect(await console_.ended).toBe(0);
  }, 60_000);

  it('takes the next port when one is taken', async () => {
    const other: Server = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    try {
      const console_ = start(['console', '--port', String(port)]);
      const url = new URL(await urlOf(console_));
      expect(Number(url.port)).toBeGreaterThan(port);
      expect((await call(url.href, 'healthz')).status).toBe(200);
      console_.child.kill('SIGTERM');
      expect(await console_.ended).toBe(0);
    } finally {
      other.close();
    }
  });

  it('ends with Ctrl-C in the middle of a run, records the cancel, and leaves no agent', async () => {
    const console_ = start(['console', '--port', '0']);
    const url = await urlOf(console_);
    const runId = (await call(url, 'examples/run', { scenarioRef: FRAUD, templateId: 'suspend-demo' })).body.runId as string;
    const agents = agentsOf(join(cwd, 'runs', runId));
    expect(agents.every(isAlive)).toBe(true);
    console_.child.kill('SIGINT');
    expect(await console_.ended).toBe(0);
    expect(agents.filter(isAlive)).toEqual([]);
    const again = start(['console', '--port', '0']);
    const second = await urlOf(again);
    await untilStatus(second, runId, 'cancelled');
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
  }, 60_000);

  it('asks for its token when one is set, and listens elsewhere only with one', async () => {
    for (const env of [{}, { MACP_CONSOLE_TOKEN: 'short' }]) {
      const { code, stderr } = await macp(['console', '--host', '0.0.0.0', '--port', '0'], { cwd, env });
      expect(code).toBe(2);
      expect(stderr).toMatch(/--host 0\.0\.0\.0 .*set MACP_CONSOLE_TOKEN to a token of at least 16 characters/);
    }
    const token = 'a-token-of-this-console';
    const console_ = start(['console', '--host', '0.0.0.0', '--port', '0'], { MACP_CONSOLE_TOKEN: token });
    const url = (await urlOf(console_)).replace('0.0.0.0', '127.0.0.1');
    expect((await call(url, 'runs')).status).toBe(401);
    expect((await call(url, 'runs', undefined, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(console_.seen.text).not.toContain(token);
    console_.child.kill('SIGINT');
    expect(await console_.ended).toBe(0);
  });

  it('observes another runtime with the credential of an observer, and starts nothing there', async () => {
    const identities = [{ token: 'observer-token', sender: 'observer', canStartSessions: false, isObserver: true }];
    await using runtime = await startRuntime({ identities });
    const without = await macp(['console', '--runtime', runtime.address, '--port', '0'], { cwd });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('set MACP_OBSERVER_TOKEN');
    const console_ = start(['console', '--runtime', runtime.address, '--port', '0'], { MACP_OBSERVER_TOKEN: 'observer-token' });
    const url = await urlOf(console_);
    await vi.waitFor(async () => expect((await call(url, 'readyz')).status).toBe(200), { timeout: 5_000 });
    expect((await call(url, 'examples/run', { scenarioRef: FRAUD })).status).toBe(501);
    console_.child.kill('SIGINT');
    expect(await console_.ended).toBe(0);
  });
});

describe('macp run --console', () => {
  beforeEach(() => {
    mkdirSync(join(cwd, 'policies'));
    cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
    writeFileSync(join(cwd, 'scenario.yaml'), readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures));
  });

  it('shows the run and keeps the page until Ctrl-C, with the exit code of the run', async () => {
    const run = start(['run', 'scenario.yaml', '--template', 'reject', '--console']);
    const url = await urlOf(run);
    await vi.waitFor(() => expect(run.seen.text).toContain('stays until Ctrl-C'), { timeout: 15_000, interval: 50 });
    const [only] = (await call(url, 'runs')).body.data as { id: string; status: string; metadata: Record<string, unknown> }[];
    await untilStatus(url, only?.id ?? '', 'completed');
    expect(only?.metadata).toMatchObject({ scenarioRef: expect.stringContaining('local/'), cancelCallback: { bearer: '***' } });
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(3);
  });

  it('puts refusals into the feed with sender, code and onboarding step', async () => {
    const identities = [
      { token: 'token-of-lead', sender: 'lead' },
      { token: 'token-of-r1', sender: 'r1', canStartSessions: false },
      { token: 'token-of-macp-runner', sender: 'macp-runner', canStartSessions: false, canManageModeRegistry: true, isObserver: true },
    ];
    await using runtime = await startRuntime({ identities });
    const tokens = { lead: 'token-of-lead', r1: 'token-of-r1', r2: 'a-token-nobody-knows', 'macp-runner': 'token-of-macp-runner' };
    const run = start(['run', 'scenario.yaml', '--runtime', runtime.address, '--console', '--timeout', '10'], {
      EXAMPLES_SERVICE_AGENT_TOKENS_JSON: JSON.stringify(tokens),
    });
    const url = await urlOf(run);
    const runId = /#\/runs\/(\S+)/.exec(run.seen.text)?.[1] ?? '';
    const refused = await vi.waitFor(
      async () => {
        const events = (await call(url, `runs/${runId}/events?afterSeq=0`)).body as { type: string; data: Record<string, unknown> }[];
        const event = events.find(({ type }) => type === 'message.refused');
        expect(event).toBeDefined();
        return event;
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(refused?.data).toMatchObject({ sender: 'r2', code: 'UNAUTHENTICATED', step: 'step 2' });
    expect(String(refused?.data['message'])).not.toMatch(/^UNAUTHENTICATED/);
    expect(JSON.stringify(refused)).not.toContain('a-token-nobody-knows');
    run.child.kill('SIGINT');
    await run.ended;
    expect(run.seen.text).toMatch(/r2 +refused +\S* ?UNAUTHENTICATED: .*\(onboarding step 2\)/);
  }, 30_000);
});
