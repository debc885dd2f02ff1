import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commitAfterVotes, fromBootstrap, newSessionId } from '@macp-agent/core';
import { scriptedPeer, startFakeOpenAi, startTestRuntime, type TranscriptEntry } from '@macp-agent/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startPostgres } from './postgres.js';

// Agents of the langgraph template as processes of their own that are killed in the middle. Needs the build.

const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const participants = ['coordinator', 'fraud-agent', 'growth-agent'];
const ROLES: Readonly<Record<string, string>> = { 'fraud-agent': 'fraud' };
const LIMIT_MS = 60_000;

const template = fileURLToPath(new URL('../templates/langgraph', import.meta.url));

async function openSession() {
  const folder = mkdtempSync(join(tmpdir(), 'macp-resume-'));
  const runtime = await startTestRuntime();
  const stop = new AbortController();
  const children: ChildProcess[] = [];
  onTestFinished(async () => {
    stop.abort();
    for (const child of children) child.kill('SIGKILL');
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const session = { sessionId: newSessionId(), participants, inputs };
  const start = { ttlMs: 50_000, proposal: { proposalId: 'p1', option: 'let the purchase through' } };
  const checkpoints = join(folder, 'checkpoints');
  const document = (participantId: string) =>
    runtime.bootstrap({ ...session, participantId, role: ROLES[participantId] ?? participantId, ...(participantId === 'coordinator' && { start }) });

  /** The compiled program of the template; `ended` gives its exit code and what it printed. */
  const spawnAgent = (participantId: string, program: string, env: Readonly<Record<string, string>> = {}) => {
    const file = join(folder, `${participantId}-${children.length}.json`);
    writeFileSync(file, JSON.stringify(document(participantId)), { mode: 0o600 });
    const child = spawn(process.execPath, [join(env['PROJECT'] ?? template, `dist/${program}.js`)], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', MACP_BOOTSTRAP_FILE: file, MACP_CHECKPOINT: `file:${checkpoints}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => child.once('close', (code) => resolve({ code, output })));
    return { child, ended };
  };
  const joinSession = (participantId: string) => fromBootstrap(document(participantId), { env: {} });
  return { folder, checkpoints, stop: stop.signal, spawnAgent, joinSession };
}

/** Kills as the kernel does when memory runs out: no handler runs. */
async function kill({ child, ended }: { child: ChildProcess; ended: Promise<unknown> }): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

const sentBy = (transcript: readonly TranscriptEntry[], name: string): string[] =>
  transcript.filter(({ sender }) => sender === name).map(({ messageType }) => messageType);

/** An evaluator is killed while it waits for its model, and started again over the same checkpoints. */
async function killWhileAsking(store: Readonly<Record<string, string>>): Promise<void> {
  const { spawnAgent, joinSession, stop } = await openSession();
  let killed = false;
  let asked = 0;
  await using endpoint = await startFakeOpenAi(({ messages, tools }) => {
    if (!messages.some(({ role }) => role === 'tool')) return { toolCalls: [{ name: 'device_reputation', args: { deviceTrustScore: 0.18 } }] };
    if (tools?.some(({ function: { name } }) => name === 'assessment') !== true) return { content: 'I have seen enough.' };
    asked += 1;
    return killed ? { toolCalls: [{ name: 'assessment', args: { recommendation: 'REJECT', confidence: 0.9, reason: 'stolen card' } }] } : { hang: true };
  });
  const env = { MACP_MODEL: 'openai:some-model', MACP_MODEL_BASE_URL: endpoint.baseUrl, ...store };
  const transcript: TranscriptEntry[] = [];
  const coordinator = joinSession('coordinator')
    .on('*', ({ messageType, sender, payload }) => void transcript.push({ messageType, sender, payload }))
    .use(commitAfterVotes({ decide: () => ({ action: 'done', outcomePositive: true, reason: 'all voted', authorityScope: 'test' }) }))
    .run({ signal: stop });
  const peer = joinSession('growth-agent')
    .use(scriptedPeer({ evaluation: { recommendation: 'APPROVE' } }))
    .run({ signal: stop });

  await kill(await started(spawnAgent('fraud-agent', 'evaluator', env), () => asked === 1));
  killed = true;
  const before = endpoint.requests.length;
  const again = spawnAgent('fraud-agent', 'evaluator', env);
  await vi.waitFor(() => expect(sentBy(transcript, 'fraud-agent')).toEqual(['Evaluation', 'Vote']), LIMIT_MS);
  // Neither the signals nor the tools were asked for again.
  expect(endpoint.requests.length - before).toBe(1);
  const last = joinSession('growth-agent')
    .on('Vote', async ({ sender, proposalId = '' }, { actions }) => {
      if (sender === 'fraud-agent') await actions.vote({ proposalId, vote: 'APPROVE', reason: 'last' });
    })
    .run({ signal: stop });
  expect(await coordinator).toMatchObject({ state: 'RESOLVED' });
  await Promise.all([peer, last]);
  expect(await again.ended).toMatchObject({ code: 0 });
  expect(sentBy(transcript, 'fraud-agent')).toEqual(['Evaluation', 'Vote']);
}

/** The template as it is after `npm install` of the optional package: the modules that it has, and that one. */
function withPostgresPackage(): string {
  const project = mkdtempSync(join(tmpdir(), 'macp-project-'));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '@langchain'), { recursive: true });
  const link = (from: string, name: string): void => symlinkSync(join(from, name), join(modules, name));
  for (const name of ['@macp-agent', 'langchain', 'zod']) link(join(template, 'node_modules'), name);
  for (const name of readdirSync(join(template, 'node_modules/@langchain'))) link(join(template, 'node_modules'), join('@langchain', name));
  link(fileURLToPath(new URL('node_modules', import.meta.url)), '@langchain/langgraph-checkpoint-postgres');
  cpSync(join(template, 'dist'), join(project, 'dist'), { recursive: true });
  cpSync(join(template, 'package.json'), join(project, 'package.json'));
  return project;
}

describe('an evaluator that is killed and started again', () => {
  it(
    'between its evaluation and its vote, votes once',
    async () => {
      const { spawnAgent, joinSession, stop, checkpoints } = await openSession();
      const transcript: TranscriptEntry[] = [];
      const coordinator = joinSession('coordinator')
        .on('*', ({ messageType, sender, payload }) => void transcript.push({ messageType, sender, payload }))
        .use(commitAfterVotes({ decide: () => ({ action: 'done', outcomePositive: true, reason: 'all voted', authorityScope: 'test' }) }))
        .run({ signal: stop });

      await kill(await started(spawnAgent('fraud-agent', 'evaluator'), () => sentBy(transcript, 'fraud-agent').includes('Evaluation')));
      expect(readdirSync(checkpoints)).toEqual([expect.stringMatching(/^fraud-agent~.+\.json$/)]);
      expect(sentBy(transcript, 'fraud-agent')).not.toContain('Vote');

      const again = spawnAgent('fraud-agent', 'evaluator');
      const peer = joinSession('growth-agent')
        .use(scriptedPeer({ evaluation: { recommendation: 'APPROVE' }, vote: 'APPROVE' }))
        .run({ signal: stop });
      expect(await coordinator).toMatchObject({ state: 'RESOLVED' });
      await peer;
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(sentBy(transcript, 'fraud-agent')).toEqual(['Objection', 'Evaluation', 'Vote']);
    },
    LIMIT_MS,
  );

  it('while it waits for its model, goes on from its checkpoint and votes once', () => killWhileAsking({}), LIMIT_MS);

  it(
    'does so from checkpoints in Postgres, once the package for them is installed',
    async (context) => {
      await using postgres = await startPostgres(context);
      await killWhileAsking({ MACP_CHECKPOINT: postgres.url, PROJECT: withPostgresPackage() });
    },
    LIMIT_MS,
  );

  it(
    'says in one line what is wrong with its database',
    async () => {
      const { spawnAgent } = await openSession();
      const { ended } = spawnAgent('fraud-agent', 'evaluator', { MACP_CHECKPOINT: 'postgres://ann:secret@127.0.0.1:1/none', PROJECT: withPostgresPackage() });
      const { code, output } = await ended;
      expect([code, output]).toEqual([2, expect.stringContaining('MACP_CHECKPOINT=postgres://… cannot be used: the database says ECONNREFUSED')]);
      expect(output).not.toMatch(/secret|\n\s+at /);
    },
    LIMIT_MS,
  );
});

describe('an initiator that is killed while a person is asked', () => {
  it(
    'asks again when it is started again, and commits once',
    async () => {
      const { folder, spawnAgent, joinSession, stop } = await openSession();
      const review = { MACP_HUMAN_REVIEW: '1', MACP_REVIEW_ANSWER: 'answer.json' };
      const first = spawnAgent('coordinator', 'initiator', review);
      const transcript: TranscriptEntry[] = [];
      const [one, other] = (['fraud-agent', 'growth-agent'] as const).map((name) =>
        joinSession(name).use(scriptedPeer({ evaluation: { recommendation: 'APPROVE' }, vote: 'APPROVE' })),
      );
      one?.on('*', ({ messageType, sender, payload }) => void transcript.push({ messageType, sender, payload }));
      const peers = [one, other].map((peer) => peer?.run({ signal: stop }));
      await kill(await started(first, async () => (await one?.session.metadata())?.metadata.state === 'SESSION_STATE_SUSPENDED'));

      const again = spawnAgent('coordinator', 'initiator', review);
      writeFileSync(join(folder, 'answer.json'), JSON.stringify({ answer: 'confirm', by: 'ada', reason: 'the customer called' }));
      await Promise.all(peers);
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(sentBy(transcript, 'coordinator')).toEqual(['SessionStart', 'Proposal', 'Commitment']);
      expect(transcript.at(-1)?.payload).toMatchObject({ action: 'approve', reason: expect.stringContaining('confirmed by ada: the customer called') });
    },
    LIMIT_MS,
  );
});

async function started<T>(agent: T, done: () => boolean | Promise<boolean>): Promise<T> {
  await vi.waitFor(async () => expect(await done()).toBe(true), { timeout: LIMIT_MS, interval: 50 });
  return agent;
}
