import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { Evaluation } from '@macp-agent/core';
import { startFakeOpenAi, type FakeReply } from '@macp-agent/testing';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { INSTRUCTIONS, readSignals, readTransaction, RULES } from '../src/decide.js';
import { assessWithGraph, buildGraph } from '../src/graph.js';
import { assessOrAbstain, RulesModel, selectModel } from '../src/model.js';
import { CheckpointSetupError, selectCheckpointer } from '../src/run-graph.js';
import { signalsFrom, signalTools } from '../src/tools.js';

const facts = {
  ...readTransaction({
    customerId: 'CUST-1001',
    transactionAmount: 2400,
    deviceTrustScore: 0.18,
    accountAgeDays: 14,
    isVipCustomer: true,
    priorChargebacks: 1,
  }),
};
const rules = new RulesModel((given, results) => RULES['fraud']?.(readTransaction(given), signalsFrom(results)));
const realModel = async (baseUrl: string): Promise<BaseChatModel> =>
  (await selectModel({ MACP_MODEL: 'openai:gpt-5-mini', MACP_MODEL_BASE_URL: baseUrl }, () => undefined)).model;

async function ask(model: BaseChatModel, timeoutMs = 5_000): Promise<Evaluation & { abstained: string[] }> {
  const graph = buildGraph({ model, tools: signalTools });
  const abstained: string[] = [];
  const evaluation = await assessOrAbstain(
    (stop) => assessWithGraph(graph, { sessionId: 'session-1', proposalId: 'p1', instructions: INSTRUCTIONS['fraud'] ?? '', facts }, stop),
    {
      timeoutMs,
      abstain: (reason) => abstained.push(reason),
    },
  );
  return { ...evaluation, abstained };
}

const device = { name: 'device_reputation', args: { deviceTrustScore: 0.18 } };
const assessment = { name: 'assessment', args: { recommendation: 'REJECT', confidence: 0.9, reason: 'stolen card' } };

describe('the graph with the rules model', () => {
  it('reads the signals through its tools and answers as decide.ts says', async () => {
    expect(await ask(rules)).toEqual({ ...RULES['fraud']?.(readTransaction(facts), readSignals(readTransaction(facts))), abstained: [] });
  });

  it('keeps the state of each session apart, by thread id', async () => {
    const graph = buildGraph({ model: rules, tools: signalTools });
    await assessWithGraph(graph, { sessionId: 'session-1', proposalId: 'p1', instructions: '', facts }, AbortSignal.timeout(5_000));
    const kept = await graph.getState({ configurable: { thread_id: 'session-1' } });
    const other = await graph.getState({ configurable: { thread_id: 'session-2' } });
    expect([kept.values['verdict'], other.values['verdict']]).toEqual(['blocked', undefined]);
  });

  it('begins each proposal of a session with a clean slate', async () => {
    const graph = buildGraph({ model: rules, tools: signalTools });
    const assess = (proposalId: string, changes: object) =>
      assessWithGraph(graph, { sessionId: 'session-1', proposalId, instructions: '', facts: { ...facts, ...changes } }, AbortSignal.timeout(5_000));
    expect((await assess('p1', {})).recommendation).toBe('BLOCK');
    expect((await assess('p2', { deviceTrustScore: 0.9, priorChargebacks: 0 })).recommendation).toBe('APPROVE');
  });

  it('tells each node that has ended', async () => {
    const nodes: string[] = [];
    const question = { sessionId: 'session-1', proposalId: 'p1', instructions: '', facts, onNode: (node: string) => nodes.push(node) };
    await assessWithGraph(buildGraph({ model: rules, tools: signalTools }), question, AbortSignal.timeout(5_000));
    expect(nodes).toEqual(['gather', 'tools', 'gather', 'assess', 'decide']);
  });
});

describe('checkpoints', () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'checkpoints-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }
  const question = { sessionId: 'session-1', proposalId: 'p1', instructions: '', facts };

  it('let another process go on where one stopped, without asking for signals again', async () => {
    const env = { MACP_CHECKPOINT: `file:${folder()}` };
    const stop = new AbortController();
    await using endpoint = await startFakeOpenAi(({ messages, tools }) => {
      if (!messages.some(({ role }) => role === 'tool')) return { toolCalls: [device] };
      const asked = tools?.some(({ function: { name } }) => name === 'assessment') === true;
      if (asked && stop.signal.aborted) return { toolCalls: [assessment] };
      // The first process is stopped while it waits for this answer.
      if (asked) setImmediate(() => stop.abort());
      if (asked) return { hang: true };
      return { content: 'enough' };
    });
    const first = buildGraph({ model: await realModel(endpoint.baseUrl), tools: signalTools, checkpointer: await selectCheckpointer(env, 'fraud-agent') });
    const stopped = assessWithGraph(first, question, stop.signal);
    await expect(stopped).rejects.toThrow();
    const before = endpoint.requests.length;
    const second = buildGraph({ model: await realModel(endpoint.baseUrl), tools: signalTools, checkpointer: await selectCheckpointer(env, 'fraud-agent') });
    const nodes: string[] = [];
    const resumed = await assessWithGraph(second, { ...question, onNode: (node) => nodes.push(node) }, AbortSignal.timeout(5_000));
    expect([resumed.recommendation, nodes]).toEqual(['REJECT', ['assess', 'decide']]);
    expect(endpoint.requests.length - before).toBe(1);
  });

  it('give the assessment of a finished proposal again, and belong to one agent', async () => {
    const path = folder();
    const env = { MACP_CHECKPOINT: `file:${path}` };
    const assess = async (participantId: string, recommendation: 'APPROVE' | 'REJECT') => {
      const model = new RulesModel(() => ({ recommendation, confidence: 1, reason: participantId }));
      const graph = buildGraph({ model, tools: signalTools, checkpointer: await selectCheckpointer(env, participantId) });
      return (await assessWithGraph(graph, question, AbortSignal.timeout(5_000))).recommendation;
    };
    expect([await assess('one', 'APPROVE'), await assess('one', 'REJECT'), await assess('../two', 'REJECT')]).toEqual(['APPROVE', 'APPROVE', 'REJECT']);
    const files = readdirSync(path);
    expect(files.toSorted()).toEqual(['..%2Ftwo~session-1.json', 'one~session-1.json']);
    for (const file of files) expect(statSync(join(path, file)).mode & 0o777).toBe(0o600);
  });

  it('fail in one line for what they are not', async () => {
    const message = 'MACP_CHECKPOINT is neither file:DIR nor postgres://…; unset it to keep checkpoints in memory';
    await expect(selectCheckpointer({ MACP_CHECKPOINT: 'sqlite' }, 'fraud-agent')).rejects.toThrow(new CheckpointSetupError(message));
  });

  it('fail in one line for a database that is not there, or the package for it', async () => {
    await expect(selectCheckpointer({ MACP_CHECKPOINT: 'postgres://127.0.0.1:1/none' }, 'fraud-agent')).rejects.toThrow(
      /^MACP_CHECKPOINT=postgres:\/\/… (needs a package: npm install @langchain\/langgraph-checkpoint-postgres|cannot be used: the database says ECONNREFUSED; .+)$/,
    );
  });
});

describe('the graph with a real model client', () => {
  it('calls the tools that the model asks for and takes its assessment', async () => {
    await using endpoint = await startFakeOpenAi(({ messages }, index) => {
      if (index === 0) return { toolCalls: [device] };
      return messages.some(({ role, content }) => role === 'tool' && content === 'unfamiliar') ? { toolCalls: [assessment] } : { status: 400 };
    });
    expect(await ask(await realModel(endpoint.baseUrl))).toEqual({ ...assessment.args, abstained: [] });
    expect(endpoint.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual(
      expect.arrayContaining(['device_reputation', 'chargeback_history', 'customer_value']),
    );
  });

  it.each<[string, FakeReply, string]>([
    ['answers with an error', { status: 500 }, 'no assessment: the model endpoint answered 500'],
    ['is out of quota', { status: 429 }, 'no assessment: the model endpoint answered 429'],
    ['cuts its answer off', { body: '{"choices":[{"mess' }, 'no assessment'],
    ['cuts its arguments off', { toolCalls: [{ name: 'assessment', args: '{"recommendation":"APP' }] }, 'no assessment'],
    ['answers outside the schema', { toolCalls: [{ name: 'assessment', args: { recommendation: 'MAYBE', confidence: 7, reason: '' } }] }, 'no assessment'],
    ['refuses', { refusal: 'I cannot help with that.' }, 'no assessment'],
    ['chats instead of answering', { content: 'Sure, approve it.' }, 'no assessment: the answer does not fit the schema'],
    ['calls tools for ever', { toolCalls: [device] }, 'no assessment'],
  ])('abstains when the model %s', async (_title, reply, reason) => {
    // A library warns about tool calls that it cannot read; nothing else may be printed.
    const warn = vi.spyOn(console, 'warn').mockImplementation((text: unknown) => expect(text).toContain('New LangChain packages'));
    onTestFinished(() => warn.mockRestore());
    await using endpoint = await startFakeOpenAi(() => reply);
    const { confidence, abstained } = await ask(await realModel(endpoint.baseUrl));
    expect(confidence).toBe(0);
    expect(abstained).toEqual([expect.stringContaining(reason)]);
  });

  it('abstains, and says so, when nothing answers at the address', async () => {
    const endpoint = await startFakeOpenAi(() => ({ status: 500 }));
    await endpoint[Symbol.asyncDispose]();
    expect(await ask(await realModel(endpoint.baseUrl))).toMatchObject({
      confidence: 0,
      abstained: ['no assessment: the model endpoint cannot be reached (ECONNREFUSED)'],
    });
  });

  it('abstains before the deadline when the model does not answer', async () => {
    await using endpoint = await startFakeOpenAi(() => ({ hang: true }));
    expect(await ask(await realModel(endpoint.baseUrl), 300)).toMatchObject({ confidence: 0, abstained: ['no assessment: the model took more than 300 ms'] });
  });

  it('goes on with what it has after a model that never stops calling tools', async () => {
    await using endpoint = await startFakeOpenAi(({ tools }) =>
      tools?.some(({ function: { name } }) => name === 'assessment') ? { toolCalls: [assessment] } : { toolCalls: [device] },
    );
    expect(await ask(await realModel(endpoint.baseUrl))).toMatchObject({ recommendation: 'REJECT', abstained: [] });
    expect(endpoint.requests.length).toBeLessThan(10);
  });
});
