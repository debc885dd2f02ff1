import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';
import { describe, expect, it } from 'vitest';
import { Cast, INITIATOR, SPECIALISTS } from './agent.test.support.js';
import { evaluateProposals } from './evaluate-proposals.js';
import type { Participant } from './participant.js';

const policy = (policyId: string, rules: Record<string, unknown>): PolicyDefinition => ({
  policyId,
  mode: 'macp.mode.decision.v1',
  description: policyId,
  rules,
  schemaVersion: 1,
});
const UNANIMOUS = policy('policy.fraud.unanimous', {
  voting: { algorithm: 'unanimous', quorum: { type: 'percentage', value: 100 } },
  objection_handling: { critical_severity_vetoes: true, veto_threshold: 1 },
  evaluation: { minimum_confidence: 0.7, required_before_voting: true },
  commitment: { require_vote_quorum: true },
});
const DELEGATED = policy('policy.delegated', { commitment: { authority: 'designated_role', designated_roles: [INITIATOR, 'fraud-agent'] } });

const callback = { cancelCallback: { host: '127.0.0.1', port: 0, path: '/agent/cancel', bearer: 's' } };
const urlOf = (cast: Cast, name: string): string => {
  const ready = cast.reports.get(name)?.find(({ type }) => type === 'ready');
  return ready?.type === 'ready' ? (ready.cancelCallbackUrl ?? '') : '';
};
const post = (url: string): Promise<Response> => fetch(url, { method: 'POST', headers: { authorization: 'Bearer s' }, body: '{"reason":"operator"}' });
/** Resolves when the participant has seen a message of this type. */
const seen = (participant: Participant, messageType: string): Promise<void> => new Promise((resolve) => void participant.on(messageType, () => resolve()));

describe('with a real runtime', () => {
  it('a unanimous policy is met, own vote included', async () => {
    await using runtime = await startRuntime({ policies: [UNANIMOUS] });
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    const result = await cast.initiator({}, { policyVersion: UNANIMOUS.policyId }).run();
    expect(result).toMatchObject({ state: 'RESOLVED', commitment: { policyVersion: UNANIMOUS.policyId, outcomePositive: true } });
    expect((await Promise.all(evaluators)).map(({ state }) => state)).toEqual(['RESOLVED', 'RESOLVED', 'RESOLVED']);
  });

  it('a denied commitment is explained, reported and cancels the session', async () => {
    await using runtime = await startRuntime({ policies: [UNANIMOUS] });
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.map((name) =>
      cast.specialist(name, { vote: () => ({ vote: name === 'fraud-agent' ? 'REJECT' : 'APPROVE', reason: '' }) }).run(),
    );
    const lines: string[] = [];
    const note = (text: string): void => void lines.push(text);
    const logger = { debug: note, info: note, warn: note, error: note };
    const result = await cast.initiator({}, { policyVersion: UNANIMOUS.policyId }, { logger }).run();
    expect(result.state).toBe('CANCELLED');
    expect(result.reason).toMatch(/^commitment rejected by runtime: .*3 of 4 participants approve, 1 reject/);
    expect(lines.join('\n')).toContain('the runtime will probably refuse the commitment: policy.fraud.unanimous: 3 of 4 participants approve');
    expect(cast.reports.get(INITIATOR)).toContainEqual(
      expect.objectContaining({ type: 'refused', code: 'POLICY_DENIED', messageType: 'Commitment', step: 'policy' }),
    );
    expect((await Promise.all(evaluators)).map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
  });

  it('an unknown policy is refused at the start, with the step that fixes it', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    await expect(cast.initiator({}, { policyVersion: 'policy.none' }).run()).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
    expect(cast.reports.get(INITIATOR)).toContainEqual(expect.objectContaining({ type: 'refused', messageType: 'SessionStart', step: 'policy' }));
  });

  it('the session is suspended and resumed before the decision, once', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    const states: (string | undefined)[] = [];
    const initiator = cast.initiator({
      beforeDeciding: async ({ actions, participant }) => {
        await actions.suspend('check');
        states.push((await participant.session.metadata()).metadata.state);
        await actions.resume('checked');
        states.push((await participant.session.metadata()).metadata.state);
      },
    });
    expect((await initiator.run()).state).toBe('RESOLVED');
    expect(states).toEqual(['SESSION_STATE_SUSPENDED', 'SESSION_STATE_OPEN']);
    await Promise.all(evaluators);
  });

  it('a strategy that meets a suspended session acts when it is resumed', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const initiator = cast.initiator();
    const deciding = initiator.run();
    let asked: () => void = () => undefined;
    let answer: () => void = () => undefined;
    const evaluating = new Promise<void>((resolve) => void (asked = resolve));
    const thinking = new Promise<void>((resolve) => void (answer = resolve));
    const slow = cast.participant('fraud-agent').use(
      evaluateProposals({
        evaluate: async () => {
          asked();
          await thinking;
          return { recommendation: 'APPROVE', confidence: 1, reason: '' };
        },
      }),
    );
    const running = slow.run();
    const evaluated = seen(slow, 'Evaluation');
    await evaluating;
    await initiator.actions.suspend('stop');
    answer();
    await initiator.actions.resume('go');
    await evaluated;
    await initiator.actions.cancel('enough');
    expect([(await deciding).state, (await running).state]).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('the end of its time ends every agent', async () => {
    await using runtime = await startRuntime({ retention: { sweepIntervalMs: 50 } });
    await using cast = new Cast(runtime.address);
    const evaluator = cast.specialist('fraud-agent').run();
    expect((await cast.initiator({}, { ttlMs: 400 }).run()).state).toBe('EXPIRED');
    expect((await evaluator).state).toBe('EXPIRED');
  });
});

describe('cancelling by callback', () => {
  it('works for the initiator, and all others learn it', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const evaluator = cast.specialist('fraud-agent', {}, callback);
    const waiting = evaluator.run();
    const initiator = cast.initiator({}, {}, callback);
    const evaluated = seen(initiator, 'Evaluation');
    const running = initiator.run();
    await evaluated;
    const response = await post(urlOf(cast, INITIATOR));
    expect([response.status, await response.json()]).toEqual([202, { ok: true, state: 'CANCELLED' }]);
    expect(await running).toEqual({ state: 'CANCELLED', reason: 'operator' });
    expect((await waiting).state).toBe('CANCELLED');
  });

  it('gets 403 naming the initiator from an agent that may not cancel, which goes on', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.slice(1).map((name) => cast.specialist(name, {}, callback));
    const [first] = evaluators;
    const began = first === undefined ? Promise.resolve() : seen(first, 'Proposal');
    const waiting = evaluators.map((evaluator) => evaluator.run());
    const running = cast.initiator().run();
    await began;
    const response = await post(urlOf(cast, 'growth-agent'));
    expect([response.status, await response.json()]).toEqual([
      403,
      { ok: false, code: 'FORBIDDEN', error: expect.stringContaining(`${INITIATOR} may, and whom its policy names`) as string },
    ]);
    const last = cast.specialist('fraud-agent').run();
    expect((await running).state).toBe('RESOLVED');
    await Promise.all([...waiting, last]);
  });

  it('works for an evaluator to whom the policy delegates it', async () => {
    await using runtime = await startRuntime({ policies: [DELEGATED] });
    await using cast = new Cast(runtime.address);
    const evaluator = cast.specialist('fraud-agent', {}, callback);
    const began = seen(evaluator, 'Proposal');
    const waiting = evaluator.run();
    const running = cast.initiator({}, { policyVersion: DELEGATED.policyId }).run();
    await began;
    expect((await post(urlOf(cast, 'fraud-agent'))).status).toBe(202);
    expect(await waiting).toEqual({ state: 'CANCELLED', reason: 'operator' });
    expect((await running).state).toBe('CANCELLED');
  });

  it('before the session exists gets 409, and after the end nobody listens', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const early = cast.specialist('fraud-agent', {}, callback);
    const ready = new Promise<void>((resolve) => {
      const reports = cast.reports.get('fraud-agent');
      if (reports !== undefined) reports.push = (...lines) => (resolve(), Array.prototype.push.apply(reports, lines));
    });
    const waiting = early.run();
    await ready;
    const response = await post(urlOf(cast, 'fraud-agent'));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([409, 'SESSION_NOT_FOUND']);
    early.stop();
    await waiting;
    await expect(post(urlOf(cast, 'fraud-agent'))).rejects.toThrow('fetch failed');
  });
});

describe('an agent that is started again', () => {
  it('catches up from history before it acts, and tells handlers what is a repeat', async () => {
    await using runtime = await startRuntime();
    await using cast = new Cast(runtime.address);
    const initiator = cast.initiator();
    const running = initiator.run();
    const first = cast.specialist('fraud-agent', { peerWaitMs: 10 });
    const voted = seen(first, 'Vote');
    const before = first.run();
    await voted;
    first.stop('crash');
    await before;
    let evaluations = 0;
    const flags: boolean[] = [];
    const again = cast
      .participant('fraud-agent')
      .use(evaluateProposals({ evaluate: () => ((evaluations += 1), { recommendation: 'BLOCK', confidence: 1, reason: 'changed my mind' }) }))
      .on('*', ({ replayed }) => void flags.push(replayed));
    const second = again.run();
    const others = SPECIALISTS.slice(1).map((name) => cast.specialist(name).run());
    expect((await running).state).toBe('RESOLVED');
    await Promise.all([second, ...others]);
    expect(evaluations).toBe(0);
    expect(flags.slice(0, 4)).toEqual([true, true, true, true]);
    expect(flags.slice(4).every((flag) => !flag)).toBe(true);
  });

  it('goes on when the runtime is started again with its history', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'agents-'));
    try {
      const runtime = await startRuntime({ dataDir });
      const { port } = runtime;
      await using cast = new Cast(runtime.address);
      const initiator = cast.initiator();
      const evaluated = seen(initiator, 'Evaluation');
      const running = initiator.run();
      const first = cast.specialist('fraud-agent').run();
      await evaluated;
      await runtime.close(0);
      await using next = await startRuntime({ dataDir, port });
      const others = SPECIALISTS.slice(1).map((name) => cast.specialist(name).run());
      expect((await running).state).toBe('RESOLVED');
      expect((await first).state).toBe('RESOLVED');
      await Promise.all(others);
      expect(next.port).toBe(port);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
