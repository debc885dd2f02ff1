import {
  commitAfterVotes,
  evaluateProposals,
  fromBootstrap,
  voteAfterPeers,
  type Evaluation,
  type Participant,
  type ParticipantResult,
} from '@macp-agent/core';
import { loadPolicy, runAgents, scriptedPeer, transcriptLines, votesIn, type AgentsRun, type Wiring } from '@macp-agent/testing';
import { describe, expect, it } from 'vitest';
import { decide, readSignals, readTransaction, RULES, voteFor, type Transaction } from '../src/decide.js';

const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const policy = loadPolicy(new URL('../policies/majority.json', import.meta.url));

const initiator: Wiring = (agent) => agent.use(commitAfterVotes({ decide: (tally, ctx) => decide(tally, readTransaction(ctx.inputs)) }));
const opinion = (role: string, transaction: Transaction): Evaluation =>
  RULES[role]?.(transaction, readSignals(transaction)) ?? { recommendation: 'REVIEW', confidence: 0, reason: 'no rule' };
const evaluator =
  (role: string): Wiring =>
  (agent) =>
    agent
      .use(evaluateProposals({ evaluate: (_proposal, ctx) => opinion(role, readTransaction(ctx.inputs)) }))
      .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
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
