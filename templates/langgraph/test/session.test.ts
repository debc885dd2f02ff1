import {
  commitAfterVotes,
  evaluateProposals,
  fromBootstrap,
  voteAfterPeers,
  type Participant,
  type ParticipantContext,
  type ParticipantResult,
} from '@macp-agent/core';
import { loadPolicy, runAgents, scriptedPeer, transcriptLines, votesIn, type AgentsRun, type Wiring } from '@macp-agent/testing';
import { describe, expect, it, vi } from 'vitest';
import { decide, INSTRUCTIONS, readTransaction, RULES, voteFor } from '../src/decide.js';
import { buildDecisionGraph, decideWithGraph, loadReview, type AskPerson } from '../src/decision-graph.js';
import { assessWithGraph, buildGraph } from '../src/graph.js';
import { assessOrAbstain, RulesModel } from '../src/model.js';
import { reportProgress } from '../src/run-graph.js';
import { signalsFrom, signalTools } from '../src/tools.js';

const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const policy = loadPolicy(new URL('../policies/majority.json', import.meta.url));

const initiatorWith =
  (env: Readonly<Record<string, string>>, askPerson?: AskPerson): Wiring =>
  (agent) => {
    const review = loadReview(env);
    const graph = buildDecisionGraph({ decide: (tally, given) => decide(tally, readTransaction(given)), needsReview: review.needsReview });
    agent.use(
      commitAfterVotes({
        decide: (tally, ctx) => decideWithGraph(graph, tally, ctx, { ask: askPerson ?? review.ask, onNode: reportProgress(ctx, 'decision') }),
      }),
    );
  };
const initiator = initiatorWith({});
const evaluator =
  (role: string): Wiring =>
  (agent) => {
    const graph = buildGraph({ model: new RulesModel((facts, results) => RULES[role]?.(readTransaction(facts), signalsFrom(results))), tools: signalTools });
    const assess = (proposalId: string, ctx: ParticipantContext, stop: AbortSignal) =>
      assessWithGraph(
        graph,
        {
          sessionId: agent.sessionId,
          proposalId,
          instructions: INSTRUCTIONS[role] ?? '',
          facts: { ...readTransaction(ctx.inputs) },
          onNode: reportProgress(ctx, proposalId),
        },
        stop,
      );
    agent
      .use(
        evaluateProposals({
          evaluate: ({ proposalId }, ctx) => assessOrAbstain((stop) => assess(proposalId, ctx, stop), { signal: ctx.signal, abstain: () => undefined }),
        }),
      )
      .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
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
});

describe('the steps of the graphs', () => {
  it('are Progress of the session for those who watch, and not in its history', async () => {
    const seen: string[] = [];
    const watching: Wiring = (agent) => {
      agent.on('SessionStart', async (_event, ctx) => {
        const { sessionId, mode } = ctx.session;
        let listening = false;
        const read = async (): Promise<void> => {
          for await (const { sender, messageType, payload } of agent.client.watchSignals({ signal: ctx.signal })) {
            listening = true;
            // The payload is protobuf; the name of the node stands in it as text.
            const node = /hello|collect|gather|tools|assess|decide|commit/.exec(new TextDecoder().decode(payload))?.[0];
            seen.push(`${sender} ${messageType} ${node}`);
          }
        };
        // The watch ends with the session.
        const watch = read().catch((error: unknown) => (ctx.signal.aborted ? undefined : Promise.reject(error)));
        await vi.waitFor(async () => {
          await agent.client.sendProgress({ sessionId, mode, progressToken: 'hello', progress: 0, message: 'hello' });
          expect(listening).toBe(true);
        });
        void watch;
      });
      return evaluator('growth')(agent);
    };
    // The decision waits until what was told before it has come through.
    const askLate: AskPerson = async () => {
      await vi.waitFor(() => expect(seen).toContain('coordinator Progress decide'));
      return { answer: 'confirm' };
    };
    const coordinator = initiatorWith({ MACP_HUMAN_REVIEW: '1' }, askLate);
    const { result, transcript } = await run({ agents: { ...team, coordinator, 'growth-agent': watching } });
    expect(result.state).toBe('RESOLVED');
    expect(seen.filter((line) => line.startsWith('growth-agent') && !line.endsWith('hello'))).toEqual(
      ['gather', 'tools', 'gather', 'assess', 'decide'].map((node) => `growth-agent Progress ${node}`),
    );
    expect(seen).toContain('coordinator Progress collect');
    expect(transcript.some(({ messageType }) => messageType === 'Progress')).toBe(false);
  });
});

describe('a review by a person', () => {
  const reviewed = (answer: string, env: Readonly<Record<string, string>> = {}, changes: Parameters<typeof run>[0] = {}) =>
    run({ agents: { ...team, coordinator: initiatorWith({ MACP_HUMAN_REVIEW: '1', MACP_REVIEW_ANSWER: answer, ...env }) }, ...changes });

  it.each([
    ['confirm', { state: 'RESOLVED', commitment: { action: 'step_up', reason: '2 approve, 1 reject, 1 objection(s); confirmed by a person' } }],
    ['decline', { state: 'RESOLVED', commitment: { action: 'decline', outcomePositive: false, reason: expect.stringContaining('declined by a person') } }],
    ['cancel', { state: 'CANCELLED', reason: 'cancelled by a person' }],
  ])('%s is what happens, after the session was suspended and resumed', async (answer, expected) => {
    const states: string[] = [];
    const { ask } = loadReview({ MACP_REVIEW_ANSWER: answer });
    const askAndLook: AskPerson = async (question, ctx) => {
      states.push((await ctx.participant.session.metadata()).metadata.state);
      return ask(question, ctx);
    };
    const { result } = await run({ agents: { ...team, coordinator: initiatorWith({ MACP_HUMAN_REVIEW: '1' }, askAndLook) } });
    expect(result).toMatchObject(expected);
    expect(states).toEqual(['SESSION_STATE_SUSPENDED']);
  });

  it('declines what everybody was for, with a vote of its own on the record', async () => {
    const { result, transcript } = await reviewed('decline', {}, { inputs: { ...inputs, deviceTrustScore: 0.9, priorChargebacks: 0 } });
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'decline', outcomePositive: false } });
    expect(votesIn(transcript)).toEqual({ coordinator: 'REJECT', 'compliance-agent': 'APPROVE', 'fraud-agent': 'APPROVE', 'growth-agent': 'APPROVE' });
  });

  it('cannot overrule the votes under a policy that does not let it', async () => {
    const { commitment, ...rules } = policy.rules;
    const strict = { ...policy, rules: { ...rules, commitment: { ...(commitment as object), allow_decline_over_approval: false } } };
    const { result } = await reviewed('decline', {}, { policy: strict });
    expect(result).toMatchObject({ state: 'CANCELLED', reason: expect.stringContaining('allow_decline_over_approval') });
  });

  it('is only asked for above the amount that is set', async () => {
    expect((await reviewed('cancel', { MACP_HUMAN_REVIEW: '2400' })).result.state).toBe('RESOLVED');
    expect((await reviewed('cancel', { MACP_HUMAN_REVIEW: '2399' })).result.state).toBe('CANCELLED');
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
