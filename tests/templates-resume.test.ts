import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commitAfterVotes, fromBootstrap, newSessionId } from '@macp-agent/core';
import { scriptedPeer, startFakeOpenAi, startTestRuntime, type TranscriptEntry } from '@macp-agent/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

// Agents of the langgraph template as processes of their own that are killed in the middle. Needs the build.

const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const participants = ['coordinator', 'fraud-agent', 'growth-agent'];
const ROLES: Readonly<Record<string, string>> = { 'fraud-agent': 'fraud' };
const LIMIT_MS = 60_000;

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
    const child = spawn(process.execPath, [fileURLToPath(new URL(`../templates/langgraph/dist/${program}.js`, import.meta.url))], {
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

  it(
    'while it waits for its model, goes on from its checkpoint and votes once',
    async () => {
      const { spawnAgent, joinSession, stop } = await openSession();
      let killed = false;
      let asked = 0;
      await using endpoint = await startFakeOpenAi(({ messages, tools }) => {
        if (!messages.some(({ role }) => role === 'tool')) return { toolCalls: [{ name: 'device_reputation', args: { deviceTrustScore: 0.18 } }] };
        if (tools?.some(({ function: { name } }) => name === 'assessment') !== true) return { content: 'I have seen enough.' };
        asked += 1;
        return killed ? { toolCalls: [{ name: 'assessment', args: { recommendation: 'REJECT', confidence: 0.9, reason: 'stolen card' } }] } : { hang: true };
      });
      const model = { MACP_MODEL: 'openai:some-model', MACP_MODEL_BASE_URL: endpoint.baseUrl };
      const transcript: TranscriptEntry[] = [];
      const coordinator = joinSession('coordinator')
        .on('*', ({ messageType, sender, payload }) => void transcript.push({ messageType, sender, payload }))
        .use(commitAfterVotes({ decide: () => ({ action: 'done', outcomePositive: true, reason: 'all voted', authorityScope: 'test' }) }))
        .run({ signal: stop });
      const peer = joinSession('growth-agent')
        .use(scriptedPeer({ evaluation: { recommendation: 'APPROVE' } }))
        .run({ signal: stop });

      await kill(await started(spawnAgent('fraud-agent', 'evaluator', model), () => asked === 1));
      killed = true;
      const before = endpoint.requests.length;
      const again = spawnAgent('fraud-agent', 'evaluator', model);
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
