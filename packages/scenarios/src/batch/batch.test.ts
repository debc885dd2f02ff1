import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime, RuntimeOptions } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileScenario } from '../compile.js';
import { reviewIdentities, reviewScenario, startReviewRuntime, TOKENS } from '../fixtures/review.test.support.js';
import type { JsonObject } from '../json-value.js';
import { findAgents } from '../launch/load-agents.js';
import type { AgentSection } from '../scenario-document.js';
import { Batch, type BatchOptions, type BatchResult } from './batch.js';
import type { Cast } from './kept-agents.js';

let folder: string;
let runtime: Runtime | undefined;
const stop = new AbortController();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'macp-batch-'));
});
afterEach(async () => {
  await runtime?.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const kept = { entry: 'kept.mjs' };

interface Item {
  readonly name: string;
  readonly cast: () => Cast;
}

function itemOf(name: string, inputs: JsonObject, lead: AgentSection = kept): Item {
  const scenario = reviewScenario({ r1: kept, r2: kept, lead });
  return {
    name,
    cast: () => {
      const compiled = compileScenario(scenario, { inputs });
      return { compiled, agents: findAgents(scenario, compiled.participantBindings) };
    },
  };
}

async function open(items: readonly Item[], runtimeOptions: RuntimeOptions = {}, options: Partial<BatchOptions> = {}): ReturnType<typeof Batch.open> {
  runtime = await startReviewRuntime(runtimeOptions);
  return await Batch.open([items[0]?.cast() as Cast], {
    runtime: { address: runtime.address, tls: false, allowInsecure: true },
    runnerToken: 'runner-token',
    agentTokens: TOKENS,
    concurrency: 4,
    runsDir: join(folder, 'runs'),
    logsDir: join(folder, 'logs'),
    parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '2000' },
    signal: stop.signal,
    ...options,
  });
}

async function playAll(items: readonly Item[], runtimeOptions?: RuntimeOptions, options?: Partial<BatchOptions>): Promise<Map<string, BatchResult<Item>>> {
  const { batch } = await open(items, runtimeOptions, options);
  if (batch === undefined) throw new Error('the agents cannot be kept alive');
  await using playing = batch;
  const results = new Map<string, BatchResult<Item>>();
  await playing.play(items, (result) => {
    expect(results.has(result.batchCase.name)).toBe(false);
    results.set(result.batchCase.name, result);
  });
  expect(playing.processes).toBe(3);
  return results;
}

const many = (count: number): Item[] => Array.from({ length: count }, (_, index) => itemOf(`case ${index}`, { amount: index % 2 === 0 ? 5 : 500 }));

describe('a batch', () => {
  it('plays every case once, with one process per participant', async () => {
    const results = await playAll(many(12));
    expect([...results.values()].map(({ outcome }) => outcome.commitment?.action).toSorted()).toEqual([
      ...Array(6).fill('approve'),
      ...Array(6).fill('decline'),
    ]);
    expect(results.get('case 1')?.outcome).toMatchObject({ state: 'RESOLVED', exitCode: 3, missing: [], evaluations: [{ reason: 'amount 500' }, {}] });
    expect(readdirSync(join(folder, 'logs'))).toHaveLength(3);
  });

  it('tells a process for many runs nothing of any single one in its environment', async () => {
    await playAll(many(2));
    const logs = readdirSync(join(folder, 'logs')).map((file) => readFileSync(join(folder, 'logs', file), 'utf8'));
    const names = logs.map((log) => /^.*environment: (.*)$/m.exec(log)?.[1]?.split(' ') ?? []);
    expect(names).toHaveLength(3);
    for (const of of names) {
      expect(of).toContain('MACP_PARTICIPANT_ID');
      expect(of.filter((name) => ['MACP_BOOTSTRAP_FILE', 'MACP_RUN_ID', 'MACP_SESSION_ID', 'TRACEPARENT'].includes(name))).toEqual([]);
    }
  });

  it('writes a transcript of each case, as of a run of its own', async () => {
    const { transcriptFile = '', compiled } = (await playAll(many(1))).get('case 0') ?? {};
    const lines = readFileSync(transcriptFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject);
    expect(lines.map(({ kind }) => kind)).toEqual(['run', 'start', ...Array(6).fill('envelope'), 'outcome']);
    expect(lines[0]).toMatchObject({ runId: compiled?.runId, scenarioRef: 'test/review@1.0.0' });
  });

  it('writes and tells what the runtime did as a change of the session, once', async () => {
    const result = (await playAll([itemOf('one', { subject: 'cancels' })])).get('one');
    const lines = readFileSync(result?.transcriptFile ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject);
    expect(lines.filter(({ kind }) => kind !== 'envelope').map(({ kind, reason }) => [kind, reason])).toEqual([
      ['run', undefined],
      ['start', undefined],
      ['cancel', 'for a person to decide'],
      ['outcome', 'for a person to decide'],
    ]);
    expect(result?.events().at(-1)).toMatchObject({ type: 'session', state: 'CANCELLED', reason: 'for a person to decide' });
  });

  it('tells why a session was cancelled', async () => {
    const results = await playAll([itemOf('one', { subject: 'cancels' }), itemOf('two', { subject: 'fails' })]);
    expect(results.get('one')?.outcome).toMatchObject({ state: 'CANCELLED', reason: 'for a person to decide', exitCode: 4 });
    expect(results.get('two')?.outcome).toMatchObject({ state: 'NONE', reason: 'lead left the session: Error: cannot be set up', exitCode: 1 });
  });

  it('starts an agent again that died, loses no case, and says which one it cannot survive', async () => {
    const results = await playAll([...many(6), itemOf('deadly', { subject: 'dies' })]);
    expect(results.size).toBe(7);
    expect(results.get('deadly')?.outcome).toMatchObject({ lost: 'r2', reason: expect.stringContaining('agent r2 ended with exit code 9') as string });
    expect([...results.values()].filter(({ outcome }) => outcome.state === 'RESOLVED')).toHaveLength(6);
  });

  it('names the agents that serve one session only, and starts nothing', async () => {
    const { batch, refusing } = await open([itemOf('one', {}, { entry: 'lead.mjs' })]);
    expect(batch).toBeUndefined();
    expect(refusing).toEqual(['lead']);
  });

  it('hands over no result of a case that was stopped', async () => {
    const stopping = new AbortController();
    const { batch } = await open(many(40), {}, { signal: stopping.signal });
    await using playing = batch;
    const results: string[] = [];
    await playing?.play(many(40), ({ batchCase, outcome }) => {
      expect(outcome.state).toBe('RESOLVED');
      results.push(batchCase.name);
      if (results.length === 5) stopping.abort();
    });
    expect(results.length).toBeGreaterThanOrEqual(5);
    expect(results.length).toBeLessThan(40);
  });

  it('lets no case fail because the runtime limits what is open at a time', async () => {
    const identities = reviewIdentities().map((identity) => (identity.sender === 'lead' ? { ...identity, maxOpenSessions: 1 } : identity));
    const results = await playAll(many(8), { identities });
    expect([...results.values()].map(({ outcome }) => outcome.state)).toEqual(Array(8).fill('RESOLVED'));
  });
});
