import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newSessionId } from '@macp-agent/core';
import { Harness, PARTICIPANTS, upTo } from '../harness.test.support.js';

const WAIT = { timeout: 10_000, interval: 20 };
/** SessionStart, Proposal, three evaluations, three votes, Commitment. */
const WHOLE = 9;

const ANNOUNCED = {
  modeName: 'macp.mode.decision.v1',
  modeVersion: '1.0.0',
  configurationVersion: 'config.default',
  ttlMs: 60_000,
  participants: [{ id: 'risk-agent' }],
};

describe('observing a runtime', () => {
  let harness: Harness;
  afterEach(async () => {
    await harness.close();
  });
  const ended = (id: string, status: string): Promise<void> => vi.waitFor(async () => expect((await harness.run(id)).status).toBe(status), WAIT);
  const recorded = (id: string, ordinal: number): Promise<void> => vi.waitFor(async () => expect((await harness.run(id)).lastOrdinal).toBe(ordinal), WAIT);

  it('records a session of others whole, though it ends in milliseconds', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect(await harness.ordinals(id)).toEqual(upTo(WHOLE));
    const events = await harness.events(id);
    expect(events.map((event) => event.seq)).toEqual(upTo(events.length));
    expect(new Set(events.map((event) => event.type))).toEqual(
      new Set([
        'run.created',
        'run.started',
        'session.bound',
        'policy.resolved',
        'session.state.changed',
        'session.stream.opened',
        'message.received',
        'participant.seen',
        'proposal.created',
        'proposal.updated',
        'decision.finalized',
        'run.completed',
      ]),
    );
    expect((await harness.run(id)).metadata).toMatchObject({
      finalAction: 'transfer.stopped',
      outcomePositive: true,
      votes: { approve: 3 },
      initiator: 'risk-agent',
    });
  });

  it('explains the outcome with the rules of the bound policy', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await ended(id, 'completed');
    const state = await harness.json<{
      policy: { rules: { rule: string; passed: boolean }[]; voteTally: object[] };
      decision: { current: object };
      participants: object[];
    }>(`runs/${id}/state`);
    expect(state.policy.rules.map(({ rule, passed }) => [rule, passed])).toEqual(expect.arrayContaining([['voting.quorum', true]]));
    expect(state.policy.voteTally).toMatchObject([{ commitmentId: 'p1', allow: 3, deny: 0 }]);
    expect(state.decision.current).toMatchObject({ action: 'transfer.stopped', finalized: true, outcomePositive: true, resolvedBy: 'risk-agent' });
    expect(state.participants).toMatchObject([{ participantId: 'risk-agent', role: 'initiator', status: 'completed' }, {}, {}, {}]);
  });

  it('records sessions that were over before it came', async () => {
    harness = await Harness.start();
    await harness.plane.close();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await harness.restartPlane();
    await ended(id, 'completed');
    expect(await harness.ordinals(id)).toEqual(upTo(WHOLE));
  });

  it('has an identity that cannot send into any session', async () => {
    harness = await Harness.start();
    const { id } = await harness.open();
    const observer = harness.session('observer', id);
    await expect(observer.vote({ proposalId: 'p1', vote: 'APPROVE', reason: '' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(observer.cancel('no')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const own = harness.session('observer', newSessionId());
    const binding = { modeVersion: '1.0.0', configurationVersion: 'config.default' };
    await expect(own.start({ intent: 'x', participants: ['observer'], ttlMs: 1_000, ...binding })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await recorded(id, 2);
  });

  it('does not bring back what was removed from its record', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open();
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect((await fetch(new URL(`runs/${id}`, harness.plane.url), { method: 'DELETE' })).status).toBe(204);
    await harness.restartPlane();
    const later = await harness.open();
    await recorded(later.id, 2);
    expect((await harness.json<{ data: { id: string }[] }>('runs')).data.map((run) => run.id)).toEqual([later.id]);
    await later.lead.cancel();
  });

  it('ends what an earlier process left when the runtime is new, and says why', async () => {
    harness = await Harness.start();
    const { id } = await harness.open();
    await recorded(id, 2);
    const waiting = newSessionId();
    await harness.post('runs', { runtime: { kind: 'rust' }, session: { ...ANNOUNCED, sessionId: waiting } });
    await harness.plane.close();
    await harness.runtime.close();
    await harness.restartRuntime();
    await harness.restartPlane({ runtimeIsNew: true });
    for (const [left, envelopes] of [
      [id, 2],
      [waiting, 0],
    ] as const) {
      const run = await harness.run(left);
      expect(run).toMatchObject({ status: 'failed', errorCode: 'SESSION_NOT_FOUND' });
      expect(run.errorMessage).toContain(`the console that ran it was stopped before the run ended, and its runtime with it; ${envelopes} envelope(s)`);
      expect((await harness.events(left)).at(-1)?.type).toBe('run.failed');
    }
  });

  it('goes on after a restart of its own without gap or duplicate', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open();
    await recorded(id, 2);
    const before = await harness.events(id);
    await harness.plane.close();
    await harness.session('fraud-agent', id).evaluate({ proposalId: 'p1', recommendation: 'REVIEW', confidence: 0.5, reason: 'while nobody looked' });
    await harness.restartPlane();
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect(await harness.ordinals(id)).toEqual(upTo(WHOLE + 1));
    expect((await harness.events(id)).slice(0, before.length)).toEqual(before);
    await harness.restartPlane();
    expect(await harness.ordinals(id)).toEqual(upTo(WHOLE + 1));
  });

  it('goes on after a restart of the runtime without gap or duplicate', async () => {
    harness = await Harness.start();
    const dataDir = join(harness.dir, 'runtime');
    await harness.close();
    harness = await Harness.start({ dataDir });
    const { id, lead } = await harness.open();
    await recorded(id, 2);
    await harness.restartRuntime();
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect(await harness.ordinals(id)).toEqual(upTo(WHOLE));
  });

  it('says that a run is lost when its runtime comes back without it', async () => {
    harness = await Harness.start();
    const { id } = await harness.open();
    await recorded(id, 2);
    await harness.restartRuntime();
    await ended(id, 'failed');
    expect(await harness.run(id)).toMatchObject({ errorCode: 'SESSION_NOT_FOUND', lastOrdinal: 2 });
  });

  it('ends a session as it ended, though the runtime lets it read nothing of it', async () => {
    harness = await Harness.start({
      identities: [...PARTICIPANTS, 'observer'].map((sender) => ({ token: `token-${sender}`, sender })),
    });
    const { id, lead } = await harness.open();
    await vi.waitFor(async () => expect((await harness.events(id)).map((event) => event.data['status'])).toContain('refused'), WAIT);
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect(await harness.run(id)).toMatchObject({ errorCode: null, lastOrdinal: 0 });
  });

  it('never fails a session for being quiet', async () => {
    let now = Date.now();
    harness = await Harness.start({}, { nowUnixMs: () => now });
    const { id } = await harness.open(3_600_000);
    await recorded(id, 2);
    now += 30 * 60_000;
    await harness.restartPlane({ nowUnixMs: () => now });
    await vi.waitFor(async () => expect((await harness.json<{ ok: boolean }>('readyz')).ok).toBe(true), WAIT);
    expect((await harness.run(id)).status).toBe('running');
  });

  it('follows suspension, resumption and expiry', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open(1_500);
    await lead.suspend('waiting for a person');
    await ended(id, 'suspended');
    await lead.resume('the person answered');
    await ended(id, 'running');
    await ended(id, 'failed');
    expect(await harness.run(id)).toMatchObject({ errorCode: 'SESSION_EXPIRED' });
    const types = (await harness.events(id)).map((event) => event.type);
    expect(types.filter((type) => type.startsWith('run.'))).toEqual(['run.created', 'run.started', 'run.suspended', 'run.resumed', 'run.failed']);
  });

  it('adopts a session that it found before its descriptor came', async () => {
    harness = await Harness.start();
    const { id, lead } = await harness.open();
    await recorded(id, 2);
    const session = {
      sessionId: id,
      modeName: 'macp.mode.decision.v1',
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      ttlMs: 60_000,
      participants: [{ id: 'risk-agent' }],
      metadata: { scenarioRef: 'fraud/x@1.0.0' },
    };
    const { status, body } = await harness.post<{ runId: string }>('runs', { runtime: { kind: 'rust' }, session, execution: { tags: ['late'] } });
    expect([status, body.runId]).toEqual([201, id]);
    await harness.decide(id, lead);
    await ended(id, 'completed');
    expect(await harness.run(id)).toMatchObject({
      tags: ['late'],
      metadata: { scenarioRef: 'fraud/x@1.0.0', participants: expect.arrayContaining(['fraud-agent']) },
    });
    expect((await harness.json<{ total: number }>('runs')).total).toBe(1);
  });

  it('records a session that was announced before it began, and its signals apart from its history', async () => {
    harness = await Harness.start();
    const id = newSessionId();
    const session = {
      sessionId: id,
      modeName: 'macp.mode.decision.v1',
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      ttlMs: 60_000,
      participants: [{ id: 'risk-agent' }],
    };
    await harness.post('runs', { runtime: { kind: 'rust' }, session });
    expect((await harness.run(id)).status).toBe('queued');
    await harness.open(60_000, id);
    await recorded(id, 2);
    await harness.client('fraud-agent').sendSignal({ signalType: 'session.context', data: 'three documents', correlationSessionId: id });
    await vi.waitFor(async () => expect((await harness.events(id)).some((event) => event.type === 'signal.emitted')).toBe(true), WAIT);
    expect(await harness.ordinals(id)).toEqual([1, 2]);
  });

  it('follows more sessions at one time than one connection carries', async () => {
    harness = await Harness.start();
    const count = 140;
    const sessions = await Promise.all(Array.from({ length: count }, () => harness.open()));
    const followed = async (): Promise<number> => (await harness.json<{ following: number }>('runtime/health')).following;
    await vi.waitFor(async () => expect(await followed()).toBe(count), { timeout: 15_000, interval: 100 });
    const last = sessions.at(-1);
    await last?.lead.cancel('enough');
    if (last !== undefined) await ended(last.id, 'cancelled');
    // The cancel is a record of the history too.
    expect(last === undefined ? [] : await harness.ordinals(last.id)).toEqual([1, 2, 3]);
  });
});
