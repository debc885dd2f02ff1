import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { Evaluation } from '@macp-agent/core';
import { startFakeOpenAi, type FakeReply } from '@macp-agent/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { INSTRUCTIONS, readSignals, readTransaction, RULES } from '../src/decide.js';
import { assessWithAgent, buildAgent } from '../src/chain.js';
import { assessOrAbstain, RulesModel, selectModel } from '../src/model.js';
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
  const chain = buildAgent({ model, tools: signalTools });
  const abstained: string[] = [];
  const evaluation = await assessOrAbstain((stop) => assessWithAgent(chain, { instructions: INSTRUCTIONS['fraud'] ?? '', facts }, stop), {
    timeoutMs,
    abstain: (reason) => abstained.push(reason),
  });
  return { ...evaluation, abstained };
}

const device = { name: 'device_reputation', args: { deviceTrustScore: 0.18 } };
const assessment = { name: 'assessment', args: { recommendation: 'REJECT', confidence: 0.9, reason: 'stolen card' } };

describe('the chain with the rules model', () => {
  it('reads the signals through its tools and answers as decide.ts says', async () => {
    expect(await ask(rules)).toEqual({ ...RULES['fraud']?.(readTransaction(facts), readSignals(readTransaction(facts))), abstained: [] });
  });
});

describe('the chain with a real model client', () => {
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
