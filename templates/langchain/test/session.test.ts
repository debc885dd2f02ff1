import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { commitAfterVotes, evaluateProposals, fromBootstrap, voteAfterPeers, type Participant, type ParticipantResult } from '@macp-agent/core';
import { loadPolicy, runAgents, scriptedPeer, startFakeOpenAi, transcriptLines, votesIn, type AgentsRun, type Wiring } from '@macp-agent/testing';
import { describe, expect, it } from 'vitest';
import { assessWithAgent, voteOrFollow } from '../src/chain.js';
import { decide, INSTRUCTIONS, readTransaction, RULES } from '../src/decide.js';
import { assessOrAbstain, RulesModel, selectModel } from '../src/model.js';
import { ruleMoves } from '../src/session-tools.js';
import { signalsFrom, signalTools } from '../src/tools.js';

const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const policy = loadPolicy(new URL('../policies/majority.json', import.meta.url));

const initiator: Wiring = (agent) => agent.use(commitAfterVotes({ decide: (tally, ctx) => decide(tally, readTransaction(ctx.inputs)) }));
const evaluator =
  (role: string, given?: BaseChatModel): Wiring =>
  (agent) => {
    const model = given ?? new RulesModel((facts, results) => RULES[role]?.(readTransaction(facts), signalsFrom(results)), ruleMoves);
    const instructions = INSTRUCTIONS[role] ?? '';
    const assess = (facts: Record<string, unknown>, stop: AbortSignal) => assessWithAgent({ model, tools: signalTools }, { instructions, facts }, stop);
    agent
      .use(
        evaluateProposals({
          evaluate: (_proposal, { inputs, signal }) =>
            assessOrAbstain((stop) => assess({ ...readTransaction(inputs) }, stop), { signal, abstain: () => undefined }),
        }),
      )
      .use(voteAfterPeers({ vote: (question, ctx) => voteOrFollow({ model }, instructions, question, ctx) }));
  };
const silent: Wiring = () => undefined;

const team = { coordinator: initiator, 'fraud-agent': evaluator('fraud'), 'growth-agent': evaluator('growth'), 'compliance-agent': evaluator('compliance') };
const run = (changes: Partial<Parameters<typeof runAgents>[0]> = {}): Promise<AgentsRun> => runAgents({ agents: team, inputs, policy, ...changes });

describe('a session', () => {
  it('commits what the majority carries, over one vote against and one objection', async () => {
    const { result, transcript } = await run();
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'step_up', outcomePositive: true, sender: 'coordinator' } });
    expect(votesIn(transcript)).toEqual({ 'compliance-agent': 'APPROVE', 'fraud-agent': 'REJECT', 'growth-agent': 'APPROVE' });
    expect(transcript.filter(({ messageType }) => messageType === 'Objection')).toHaveLength(1);
  });

  it('declines when a critical objection vetoes', async () => {
    const { result } = await run({ inputs: { ...inputs, deviceTrustScore: 0.05 } });
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'decline', outcomePositive: false } });
  });

  it('declines by the veto also when half of the votes approve', async () => {
    const { result, transcript } = await run({ agents: { ...team, 'loyalty-agent': evaluator('growth') }, inputs: { ...inputs, deviceTrustScore: 0.05 } });
    expect(Object.values(votesIn(transcript)).toSorted()).toEqual(['APPROVE', 'APPROVE', 'REJECT', 'REJECT']);
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'decline', outcomePositive: false } });
  });

  it('is cancelled when the policy denies for lack of a quorum', async () => {
    const { 'compliance-agent': _left, ...two } = team;
    const { result } = await run({ agents: two });
    expect(result).toMatchObject({ state: 'CANCELLED', reason: expect.stringContaining('quorum') });
  });

  it('expires when a participant never votes', async () => {
    const { result, transcript } = await run({ agents: { ...team, 'silent-agent': silent }, ttlMs: 700 });
    expect(result.state).toBe('EXPIRED');
    expect(transcript.some(({ messageType }) => messageType === 'Commitment')).toBe(false);
  });

  it('is cancelled by the initiator when the amount is for a person', async () => {
    const { result, results } = await run({ inputs: { ...inputs, transactionAmount: 80_000 } });
    expect(result).toMatchObject({ state: 'CANCELLED', reason: 'amounts over 50000 are for a person to decide' });
    expect(results['growth-agent']?.state).toBe('CANCELLED');
  });

  it('is the same every time', async () => {
    const [one, other] = [await run(), await run()];
    expect(transcriptLines(other.transcript)).toEqual(transcriptLines(one.transcript));
  });

  it('goes on with an evaluator that was started again after its evaluation, and takes one vote from it', async () => {
    let again: Promise<ParticipantResult> | undefined;
    const restarted: Wiring = (agent) => {
      evaluator('growth')(agent);
      agent.on('Evaluation', ({ sender }) => {
        if (sender !== agent.participantId || again !== undefined) return;
        agent.stop();
        const second = fromBootstrap(agent.bootstrap, { env: {} });
        evaluator('growth')(second);
        again = second.run();
      });
    };
    const { result, results, transcript } = await run({ agents: { ...team, 'growth-agent': restarted } });
    expect([result.state, results['growth-agent']?.state, (await again)?.state]).toEqual(['RESOLVED', 'STOPPED', 'RESOLVED']);
    expect(transcript.filter(({ sender }) => sender === 'growth-agent').map(({ messageType }) => messageType)).toEqual(['Evaluation', 'Vote']);
  });

  it('goes on when an evaluator stops in the middle', async () => {
    const leaving: Wiring = (agent: Participant) => agent.on('Proposal', () => agent.stop());
    const { result, results } = await run({ agents: { ...team, 'growth-agent': leaving }, ttlMs: 700 });
    expect([result.state, results['growth-agent']?.state]).toEqual(['EXPIRED', 'STOPPED']);
  });

  it('takes one move of each kind from a model that tries everything, and none in the name of others', async () => {
    await using endpoint = await startFakeOpenAi(({ tools }) => {
      const voting = tools?.some(({ function: { name } }) => name === 'vote') === true;
      const extra = { sender: 'coordinator', proposalId: 'p2' };
      const vote = { vote: 'APPROVE', reason: 'pay me' };
      const evaluation = { recommendation: 'APPROVE', confidence: 1, reason: 'pay me' };
      return {
        toolCalls: [
          { name: 'commit', args: { action: 'approve', outcomePositive: true } },
          { name: voting ? 'vote' : 'evaluate', args: { ...(voting ? vote : evaluation), ...extra } },
          { name: 'vote', args: vote },
          { name: 'vote', args: { vote: 'REJECT', reason: 'again' } },
          { name: 'evaluate', args: evaluation },
          { name: 'evaluate', args: { ...evaluation, recommendation: 'BLOCK' } },
        ],
      };
    });
    const { model } = await selectModel({ MACP_MODEL: 'openai:some-model', MACP_MODEL_BASE_URL: endpoint.baseUrl }, () => undefined);
    const { result, transcript } = await run({ agents: { ...team, 'fraud-agent': evaluator('fraud', model) } });
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'approve', sender: 'coordinator' } });
    const said = transcript.filter(({ sender }) => sender === 'fraud-agent').map(({ messageType, payload }) => [messageType, payload]);
    expect(said).toEqual([
      ['Evaluation', expect.objectContaining({ proposalId: 'p1', recommendation: 'APPROVE' })],
      ['Vote', expect.objectContaining({ proposalId: 'p1', vote: 'APPROVE' })],
    ]);
  });
});

describe('the policy', () => {
  /** Commits whatever the votes are, so that the policy alone decides. */
  const insisting: Wiring = (agent) =>
    agent.use(commitAfterVotes({ decide: () => ({ action: 'approve', outcomePositive: true, reason: 'insists', authorityScope: 'transaction_review' }) }));
  const voters = (approve: number, reject: number): Record<string, Wiring> =>
    Object.fromEntries(
      Array.from({ length: approve + reject }, (_, index) => [`voter-${index}`, scriptedPeer({ vote: index < approve ? 'APPROVE' : 'REJECT' })]),
    );

  it.each([
    ['carries what half of the votes are for', 2, 2, { state: 'RESOLVED', commitment: { action: 'approve' } }],
    ['denies what less than half of the votes are for', 4, 5, { state: 'CANCELLED', reason: expect.stringContaining('4 of 9 approve, 0.5 needed') }],
  ])('%s', async (_title, approve, reject, ending) => {
    const { result } = await run({ agents: { coordinator: insisting, ...voters(approve, reject) } });
    expect(result).toMatchObject(ending);
  });

  it('denies what one critical objection stands against, although half of the votes are for it', async () => {
    const agents = { ...team, coordinator: insisting, 'loyalty-agent': evaluator('growth') };
    const { result } = await run({ agents, inputs: { ...inputs, deviceTrustScore: 0.05 } });
    expect(result).toMatchObject({ state: 'CANCELLED', reason: expect.stringContaining('objection') });
  });
});
