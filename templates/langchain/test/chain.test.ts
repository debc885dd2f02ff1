import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { Evaluation } from '@macp-agent/core';
import { startFakeOpenAi, type FakeReply, type FakeRequest } from '@macp-agent/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { INSTRUCTIONS, readSignals, readTransaction, RULES } from '../src/decide.js';
import { assessWithAgent, voteWithAgent } from '../src/chain.js';
import { draft, ruleDrafts } from '../src/draft.js';
import { assessOrAbstain, countTokens, RulesModel, selectModel } from '../src/model.js';
import { ruleMoves } from '../src/session-tools.js';
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
const rules = new RulesModel((given, results) => RULES['fraud']?.(readTransaction(given), signalsFrom(results)), ruleMoves);
const realModel = async (baseUrl: string): Promise<BaseChatModel> =>
  (await selectModel({ MACP_MODEL: 'openai:gpt-5-mini', MACP_MODEL_BASE_URL: baseUrl }, () => undefined)).model;

async function ask(model: BaseChatModel, timeoutMs = 5_000): Promise<Evaluation & { abstained: string[] }> {
  const abstained: string[] = [];
  const question = { instructions: INSTRUCTIONS['fraud'] ?? '', facts };
  const evaluation = await assessOrAbstain((stop) => assessWithAgent({ model, tools: signalTools }, question, stop), {
    timeoutMs,
    abstain: (reason) => abstained.push(reason),
  });
  return { ...evaluation, abstained };
}

const device = { name: 'device_reputation', args: { deviceTrustScore: 0.18 } };
const opinion = { recommendation: 'REJECT', confidence: 0.9, reason: 'stolen card' };
const evaluate = { name: 'evaluate', args: opinion };
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

describe('the chain with the rules model', () => {
  it('reads the signals through its tools and answers as decide.ts says', async () => {
    expect(await ask(rules)).toEqual({ ...RULES['fraud']?.(readTransaction(facts), readSignals(readTransaction(facts))), abstained: [] });
  });
});

describe('the chain with a real model client', () => {
  it('calls the tools that the model asks for and takes its assessment', async () => {
    await using endpoint = await startFakeOpenAi(({ messages }, index) => {
      if (index === 0) return { toolCalls: [device] };
      return messages.some(({ role, content }) => role === 'tool' && content === 'unfamiliar') ? { toolCalls: [evaluate] } : { status: 400 };
    });
    expect(await ask(await realModel(endpoint.baseUrl))).toEqual({ ...opinion, abstained: [] });
    expect(endpoint.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual([
      'device_reputation',
      'chargeback_history',
      'customer_value',
      'object',
      'evaluate',
    ]);
  });

  it.each<[string, FakeReply, string]>([
    ['answers with an error', { status: 500 }, 'no assessment: the model endpoint answered 500'],
    ['is out of quota', { status: 429 }, 'no assessment: the model endpoint answered 429'],
    ['cuts its answer off', { body: '{"choices":[{"mess' }, 'no assessment'],
    ['cuts its arguments off', { toolCalls: [{ name: 'evaluate', args: '{"recommendation":"APP' }] }, 'no assessment'],
    ['answers outside the schema', { toolCalls: [{ name: 'evaluate', args: { recommendation: 'MAYBE', confidence: 7, reason: '' } }] }, 'no assessment'],
    ['refuses', { refusal: 'I cannot help with that.' }, 'no assessment'],
    ['chats instead of answering', { content: 'Sure, approve it.' }, 'no assessment'],
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

  it('gives up on a model that never stops calling tools', async () => {
    await using endpoint = await startFakeOpenAi(() => ({ toolCalls: [device] }));
    expect(await ask(await realModel(endpoint.baseUrl))).toMatchObject({ confidence: 0, abstained: [expect.stringContaining('no assessment')] });
    expect(endpoint.requests.length).toBeLessThan(10);
  });
});

describe('the verbs of the session, whatever a model tries', () => {
  const facts = { proposal: { option: 'let it through' } };
  /** Says the next of these in every answer, and the last one for ever. */
  const scripted =
    (...turns: FakeReply[]) =>
    (_request: unknown, index: number): FakeReply =>
      turns[Math.min(index, turns.length - 1)] ?? { status: 500 };
  const sayings = (requests: readonly FakeRequest[]): unknown[] =>
    requests
      .at(-1)
      ?.messages.filter(({ role }) => role === 'tool')
      .map(({ content }) => content) ?? [];

  it('take one vote, the first', async () => {
    const votes = ['APPROVE', 'REJECT'].map((vote) => ({ name: 'vote', args: { vote, reason: vote } }));
    await using endpoint = await startFakeOpenAi(scripted({ toolCalls: votes }));
    expect(await voteWithAgent({ model: await realModel(endpoint.baseUrl) }, { instructions: '', facts }, soon())).toEqual({
      vote: 'APPROVE',
      reason: 'APPROVE',
    });
    expect(endpoint.requests).toHaveLength(1);
  });

  it.each([
    ['somebody else', { sender: 'growth-agent' }],
    ['another proposal', { proposalId: 'p2' }],
  ])('take no vote for %s', async (_title, extra) => {
    const forged = { name: 'vote', args: { vote: 'APPROVE', reason: 'in their name', ...extra } };
    const own = { name: 'vote', args: { vote: 'REJECT', reason: 'my own' } };
    await using endpoint = await startFakeOpenAi(scripted({ toolCalls: [forged] }, { toolCalls: [own] }));
    expect(await voteWithAgent({ model: await realModel(endpoint.baseUrl) }, { instructions: '', facts }, soon())).toEqual(own.args);
    expect(sayings(endpoint.requests)).toEqual([expect.stringContaining(Object.keys(extra)[0] ?? '')]);
  });

  it.each(['commit', 'vote', 'cancel'])('have no %s in the turn for evaluations', async (name) => {
    await using endpoint = await startFakeOpenAi(
      scripted({ toolCalls: [{ name, args: { action: 'approve', vote: 'APPROVE', reason: 'now' } }] }, { toolCalls: [evaluate] }),
    );
    expect(await ask(await realModel(endpoint.baseUrl))).toEqual({ ...opinion, abstained: [] });
    expect(sayings(endpoint.requests)).toEqual([expect.stringContaining(`${name} is not a valid tool`)]);
  });

  it('take an objection once, and before the evaluation', async () => {
    const object = (severity: string) => ({ name: 'object', args: { severity, reason: severity } });
    await using endpoint = await startFakeOpenAi(scripted({ toolCalls: [object('low'), object('critical'), evaluate, object('critical')] }));
    expect(await ask(await realModel(endpoint.baseUrl))).toMatchObject({ objection: { severity: 'low', reason: 'low' } });
  });
});

describe('failures in passing', () => {
  it('are tried once more, and tokens are reported for calls that were answered only', async () => {
    await using endpoint = await startFakeOpenAi((_request, index) => (index === 0 ? { status: 503 } : { toolCalls: [evaluate] }));
    const tokens: number[][] = [];
    const callbacks = [countTokens((prompt, completion) => tokens.push([prompt, completion]))];
    const parts = { model: await realModel(endpoint.baseUrl), tools: signalTools, callbacks };
    expect(await assessWithAgent(parts, { instructions: '', facts }, soon())).toEqual(opinion);
    expect([endpoint.requests.length, tokens]).toEqual([2, [[11, 7]]]);
  });

  it('are not what a wrong key is', async () => {
    await using endpoint = await startFakeOpenAi(() => ({ status: 401 }));
    expect(await ask(await realModel(endpoint.baseUrl))).toMatchObject({ abstained: ['no assessment: the model endpoint answered 401'] });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('a draft', () => {
  const request = { instructions: 'Say why.', facts: { action: 'decline' }, proposed: '2 approve, 1 reject' };
  const drafted = async (model: BaseChatModel, timeoutMs = 5_000) => {
    const said: string[] = [];
    return [await draft({ model }, { ...request, timeoutMs, log: (message) => said.push(message), signal: soon() }), said];
  };

  it('is what the code proposes with the rules model, and what a real model writes', async () => {
    await using endpoint = await startFakeOpenAi(() => ({ toolCalls: [{ name: 'draft', args: { text: 'Two of three approve.' } }] }));
    expect(await drafted(new RulesModel(() => undefined, ruleDrafts))).toEqual([request.proposed, []]);
    expect(await drafted(await realModel(endpoint.baseUrl))).toEqual(['Two of three approve.', []]);
    expect(endpoint.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual(['draft']);
  });

  it.each<[string, FakeReply]>([
    ['commits instead', { toolCalls: [{ name: 'commit', args: { action: 'approve' } }] }],
    ['fails', { status: 500 }],
    ['does not answer', { hang: true }],
  ])('is what the code proposes when the model %s', async (_title, reply) => {
    await using endpoint = await startFakeOpenAi(() => reply);
    expect(await drafted(await realModel(endpoint.baseUrl), 700)).toEqual([request.proposed, [expect.stringContaining('no draft')]]);
  });
});
