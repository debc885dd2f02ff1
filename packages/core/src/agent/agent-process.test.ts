import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { newSessionId } from '../ids.js';
import { DecisionSession } from '../session/decision-session.js';
import type { AgentReport } from './agent-report.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURE = join(PACKAGE, 'dist/agent/process-agent.test.fixture.js');
const SERVING = join(PACKAGE, 'dist/agent/serving-agent.test.fixture.js');
const TSC = join(PACKAGE, '../../node_modules/.bin/tsc');
const IDENTITIES = ['risk-agent', 'fraud-agent', 'growth-agent'].map((sender) => ({ token: `token-of-${sender}`, sender }));

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Agent {
  readonly child: ChildProcess;
  readonly reports: AgentReport[];
  output: string;
  /** Exit code, once its pipes are read to the end. */
  readonly exited: Promise<number | null>;
  until(type: AgentReport['type']): Promise<AgentReport>;
}

function start(file: string, env: Record<string, string>): Agent {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'] ?? '', MACP_REPORT_FD: '3', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  const reports: AgentReport[] = [];
  const waiting: [AgentReport['type'], (report: AgentReport) => void][] = [];
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    const report = JSON.parse(line) as AgentReport;
    reports.push(report);
    for (const [type, resolve] of waiting) if (type === report.type) resolve(report);
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const agent: Agent = {
    child,
    reports,
    output: '',
    exited,
    until: (type) =>
      new Promise((resolve, reject) => {
        const found = reports.find((report) => report.type === type);
        if (found !== undefined) resolve(found);
        waiting.push([type, resolve]);
        void exited.then(() => reject(new Error(`the agent ended before "${type}": ${agent.output}`)));
      }),
  };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (agent.output += String(data)));
  return agent;
}

/** The work, or an error with the output of the first agent that ended although it should not. */
async function whileRunning<T>(agents: readonly Agent[], work: Promise<T>): Promise<T> {
  const early = agents.map(async (agent) => {
    const code = await agent.exited;
    throw new Error(`an agent ended too early with code ${code}: ${agent.output}`);
  });
  return Promise.race([work, ...early]);
}

/** Resolves when a message of this type was accepted. */
async function accepted(session: DecisionSession, messageType: string): Promise<void> {
  for await (const envelope of session.openStream()) if (envelope.messageType === messageType) return;
}

function bootstrap(address: string, sessionId: string, name: string, extra: object = {}): string {
  const file = join(folder, `${name}.json`);
  const document = {
    participant_id: name,
    session_id: sessionId,
    mode: 'macp.mode.decision.v1',
    runtime_address: address,
    auth_token: `token-of-${name}`,
    secure: false,
    participants: ['risk-agent', 'fraud-agent', 'growth-agent'],
    cancel_callback: { host: '127.0.0.1', port: 0, path: '/agent/cancel' },
    ...extra,
  };
  writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
  return file;
}

const asInitiator = {
  initiator: {
    session_start: { intent: 'decide', participants: ['risk-agent', 'fraud-agent', 'growth-agent'], ttl_ms: 60_000 },
    kickoff: { message_type: 'Proposal', payload: { proposal_id: 'p', option: 'o' } },
  },
};

describe('agents as processes', () => {
  it('decide, report and exit by themselves', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const evaluators = ['fraud-agent', 'growth-agent'].map((name) => start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, name) }));
    const initiator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator) });
    expect(await Promise.all([initiator, ...evaluators].map(({ exited }) => exited))).toEqual([0, 0, 0]);
    expect(initiator.reports).toEqual([
      { type: 'ready', participantId: 'risk-agent', cancelCallbackUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/agent\/cancel$/) as string },
      { type: 'ended', state: 'RESOLVED' },
    ]);
    expect(initiator.output).toBe('');
  });

  it('serve one session after the other, and end those they are in when they are told to stop', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const tokenPath = join(folder, 'token');
    writeFileSync(tokenPath, 'token-of-fraud-agent\n');
    const serving = start(SERVING, { RUNTIME_ADDRESS: runtime.address, RUNTIME_TLS: 'false', TOKEN_FILE: tokenPath });
    await using client = new MacpClient({
      address: runtime.address,
      allowInsecure: true,
      auth: Auth.bearer('token-of-risk-agent', { expectedSender: 'risk-agent' }),
    });
    const open = async (contextId: string): Promise<DecisionSession> => {
      const session = new DecisionSession(client);
      await session.start({ intent: 'decide', participants: ['risk-agent', 'fraud-agent'], ttlMs: 60_000, contextId });
      await session.propose({ proposalId: 'p', option: 'approve' });
      await accepted(session, 'Vote');
      return session;
    };
    const commit = (session: DecisionSession) => session.commit({ action: 'approve', authorityScope: 'all', reason: 'voted' });
    const [first, second] = [await open('order-1'), await open('order-2')];
    serving.child.kill('SIGTERM');
    await commit(first);
    await expect.poll(() => serving.output).toContain(`${first.sessionId} RESOLVED`);
    // Already told to stop, it still takes part in what had begun.
    await commit(second);
    expect([await serving.exited, serving.output]).toEqual([0, `${first.sessionId} RESOLVED\n${second.sessionId} RESOLVED\n`]);
    expect(second.projection.evaluations).toMatchObject([{ sender: 'fraud-agent', reason: 'approve: order-2 has no open flags' }]);
  });

  it('say in one message what is missing, and that the runtime does not know them', async () => {
    const lost = start(FIXTURE, {});
    expect([await lost.exited, lost.output]).toEqual([2, expect.stringMatching(/^INVALID_BOOTSTRAP: .+\n.+MACP_BOOTSTRAP_FILE is not set.+Fix .+\n$/)]);

    await using runtime = await startRuntime({ identities: IDENTITIES });
    const stranger = { auth_token: 'token-of-nobody' };
    const unknown = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, newSessionId(), 'fraud-agent', stranger) });
    expect([await unknown.exited, unknown.output]).toEqual([1, expect.stringMatching(/^UNAUTHENTICATED: .+\n$/)]);
  });

  it('show where their own code failed', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const broken = { metadata: { session_context: { broken: true } } };
    const evaluator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'fraud-agent', broken) });
    start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator) });
    expect([await evaluator.exited, evaluator.output]).toEqual([1, expect.stringMatching(/HANDLER_FAILED: .+\nRangeError: a mistake of the agent\n\s+at /)]);
  });

  it('exit after a cancel by callback, all of them', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const bearer = { MACP_CANCEL_CALLBACK_BEARER: 'cancel-secret' };
    const evaluator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'fraud-agent'), ...bearer });
    const initiator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator), ...bearer });
    await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer('token-of-growth-agent') });
    const session = new DecisionSession(client, { sessionId });
    await whileRunning([initiator, evaluator], accepted(session, 'Evaluation'));
    const ready = await initiator.until('ready');
    const url = ready.type === 'ready' ? (ready.cancelCallbackUrl ?? '') : '';
    expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    const response = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer cancel-secret' }, body: '{"reason":"operator"}' });
    expect([response.status, await response.json()]).toEqual([202, { ok: true, state: 'CANCELLED' }]);
    expect(await Promise.all([initiator.exited, evaluator.exited])).toEqual([0, 0]);
    expect(initiator.reports.at(-1)).toEqual({ type: 'ended', state: 'CANCELLED', reason: 'operator' });
    expect(evaluator.reports.at(-1)).toMatchObject({ type: 'ended', state: 'CANCELLED' });
  });

  it('that are killed and started again vote once', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const initiator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator) });
    const file = bootstrap(runtime.address, sessionId, 'fraud-agent');
    const first = start(FIXTURE, { MACP_BOOTSTRAP_FILE: file, MACP_PEER_WAIT_MS: '20' });
    await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer('token-of-growth-agent') });
    const session = new DecisionSession(client, { sessionId });
    await whileRunning([initiator, first], accepted(session, 'Vote'));
    first.child.kill('SIGKILL');
    await first.exited;
    const again = start(FIXTURE, { MACP_BOOTSTRAP_FILE: file });
    await again.until('ready');
    await session.vote({ proposalId: 'p', vote: 'APPROVE' });
    expect(await Promise.all([initiator.exited, again.exited])).toEqual([0, 0]);
    const log: string[] = [];
    for await (const { messageType, sender } of session.openStream()) log.push(`${messageType} ${sender}`);
    expect(log.filter((line) => line.endsWith('fraud-agent'))).toEqual(['Evaluation fraud-agent', 'Vote fraud-agent']);
    expect(again.reports.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  it('fail with every problem of their bootstrap and a code that is not 0', async () => {
    const agent = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap('', newSessionId(), 'fraud-agent', { auth_token: '' }) });
    expect(await agent.exited).not.toBe(0);
    expect(agent.output).toContain('bootstrap.runtime.bearerToken is required');
    expect(agent.output).toContain('bootstrap.runtime.address is required');
  });

  it('go on when nobody reads their reports', async () => {
    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const initiator = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator) });
    const silent = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'fraud-agent') });
    (silent.child.stdio[3] as Readable).destroy();
    const last = start(FIXTURE, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'growth-agent'), MACP_REPORT_FD: '77' });
    expect(await Promise.all([initiator, silent, last].map(({ exited }) => exited))).toEqual([0, 0, 0]);
  });

  it('do not load fastify and ajv unless they listen', async () => {
    const file = join(folder, 'loaded.mjs');
    const code = `
      import { fromBootstrap } from ${JSON.stringify(join(PACKAGE, 'dist/index.js'))};
      import { createRequire } from 'node:module';
      fromBootstrap();
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      const count = (name) => loaded.filter((file) => file.includes('/node_modules/' + name)).length;
      process.stdout.write([count('@grpc/grpc-js') > 0, count('fastify'), count('ajv')].join(' '));
    `;
    writeFileSync(file, code);
    const agent = start(file, { MACP_BOOTSTRAP_FILE: bootstrap('127.0.0.1:1', newSessionId(), 'fraud-agent') });
    expect([await agent.exited, agent.output]).toEqual([0, 'true 0 0']);
  });
});

/** The TypeScript snippet of the onboarding guide; only its two imports are changed to one. */
const GUIDE = `
import { MacpClient, Auth, DecisionSession, newSessionId, loadBootstrap } from '@macp-agent/core';

const bootstrap = loadBootstrap();
const auth = Auth.bearer(process.env.MACP_RUNTIME_TOKEN!, {
  expectedSender: bootstrap.participant.participantId,
});

const client = new MacpClient({
  address: process.env.MACP_RUNTIME_ADDRESS!,
  secure: process.env.MACP_RUNTIME_TLS === 'true',
  auth,
});
await client.initialize();

const session = new DecisionSession(client, { sessionId: bootstrap.run.sessionId, auth });

if (bootstrap.initiator) {
  await session.start(bootstrap.initiator.sessionStart);
  const stream = session.openStream();
  if (bootstrap.initiator.kickoff) {
    await session.propose(bootstrap.initiator.kickoff.payload);
  }
  for await (const envelope of stream.responses()) {
    // handle events
  }
} else {
  const stream = session.openStream();
  for await (const envelope of stream.responses()) {
    // handle events
  }
}
`;

describe('the snippet of the onboarding guide', () => {
  it('compiles as it stands, and its processes end with the session', async () => {
    mkdirSync(join(folder, 'node_modules/@macp-agent'), { recursive: true });
    symlinkSync(PACKAGE, join(folder, 'node_modules/@macp-agent/core'));
    symlinkSync(join(PACKAGE, '../../node_modules/@types'), join(folder, 'node_modules/@types'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'agent.ts'), GUIDE);
    const options = { strict: true, target: 'ES2022', module: 'nodenext', types: ['node'], outDir: 'out' };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['agent.ts'] }));
    const tsc = spawn(TSC, ['-p', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let diagnostics = '';
    tsc.stdout.on('data', (data) => (diagnostics += String(data)));
    const [code] = (await once(tsc, 'close')) as [number];
    expect([code, diagnostics]).toEqual([0, '']);
    const program = join(folder, 'out/agent.js');
    expect(existsSync(program)).toBe(true);

    await using runtime = await startRuntime({ identities: IDENTITIES });
    const sessionId = newSessionId();
    const env = (name: string): Record<string, string> => ({ MACP_RUNTIME_ADDRESS: runtime.address, MACP_RUNTIME_TOKEN: `token-of-${name}` });
    const evaluator = start(program, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'fraud-agent'), ...env('fraud-agent') });
    const initiator = start(program, { MACP_BOOTSTRAP_FILE: bootstrap(runtime.address, sessionId, 'risk-agent', asInitiator), ...env('risk-agent') });
    await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer('token-of-risk-agent') });
    const session = new DecisionSession(client, { sessionId });
    await whileRunning([initiator, evaluator], accepted(session, 'Proposal'));
    await session.commit({ action: 'approve', authorityScope: 's', reason: 'r' });
    expect(await Promise.all([evaluator.exited, initiator.exited])).toEqual([0, 0]);
  });
});
