import { DecisionSession, type MacpClient } from '@macp-agent/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const START = { intent: 'control', participants: ['lead', 'ann'], ttlMs: 60_000 };
const PROPOSAL = { proposalId: 'p1', option: 'a' };

describe.each(RUNTIMES)('control of sessions on $name', (kind) => {
  let runtime: RuntimeProcess;
  let lead: MacpClient;
  let ann: MacpClient;

  beforeAll(async () => {
    runtime = await RuntimeProcess.start(kind);
    [lead, ann] = await Promise.all([runtime.client('lead'), runtime.client('ann')]);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  async function started(start: Partial<typeof START> & { maxSuspendMs?: number } = {}): Promise<[DecisionSession, DecisionSession]> {
    const session = new DecisionSession(lead);
    await session.start({ ...START, ...start });
    return [session, new DecisionSession(ann, { sessionId: session.sessionId })];
  }
  const stateOf = async (session: DecisionSession): Promise<string> => (await session.metadata()).metadata.state;

  it('cancels for the initiator only, once, and ends the streams', async () => {
    const [mine, theirs] = await started();
    const stream = theirs.openStream();
    expect((await stream.read(10_000))?.messageType).toBe('SessionStart');
    await expect(theirs.cancel('no')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await mine.cancel('enough')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_CANCELLED' });
    expect(await mine.cancel('again')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_CANCELLED' });
    await expect(mine.propose(PROPOSAL)).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    await expect(mine.resume()).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    expect(await stream.read(10_000)).toBeNull();
    expect(stream.state).toBe('CANCELLED');
  });

  it('cancels for those whom the policy lets commit', async () => {
    await lead.registerPolicy({
      policyId: 'policy.all',
      mode: '*',
      description: 'all',
      rules: '{"commitment":{"authority":"any_participant"}}',
      schemaVersion: 1,
    });
    const session = new DecisionSession(lead, { policyVersion: 'policy.all' });
    await session.start(START);
    expect(await new DecisionSession(ann, { sessionId: session.sessionId }).cancel('mine too')).toMatchObject({ ok: true });
  });

  it('suspends and resumes, and gives the time back', async () => {
    const [mine, theirs] = await started();
    const before = (await mine.metadata()).metadata.expiresAtUnixMs;
    expect(await mine.suspend('lunch')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_SUSPENDED' });
    await expect(mine.suspend()).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    await expect(theirs.propose(PROPOSAL)).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    await expect(theirs.resume()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const suspendedAt = Date.now();
    await until(async () => Date.now() - suspendedAt >= 50);
    expect(await mine.resume()).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_OPEN' });
    await expect(mine.resume()).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    expect((await mine.metadata()).metadata.expiresAtUnixMs).toBeGreaterThanOrEqual(before + 50);
    expect(await theirs.propose(PROPOSAL)).toMatchObject({ ok: true });
  });

  it('expires what was suspended for longer than it may', async () => {
    const [mine] = await started({ maxSuspendMs: 30 });
    await mine.suspend();
    await until(async () => (await stateOf(mine)) === 'SESSION_STATE_EXPIRED');
    await expect(mine.resume()).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
  });

  it('expires at the deadline, and tells those who follow', async () => {
    const [mine, theirs] = await started({ ttlMs: 300 });
    const stream = theirs.openStream();
    expect((await stream.read(10_000))?.messageType).toBe('SessionStart');
    expect(await stream.read(30_000)).toBeNull();
    expect(stream.state).toBe('EXPIRED');
    await expect(mine.propose(PROPOSAL)).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    expect(await stateOf(mine)).toBe('SESSION_STATE_EXPIRED');
  });

  it('reports every change to those who watch sessions', async () => {
    const session = new DecisionSession(lead);
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { eventType, session: metadata } of ann.watchSessions({ signal: stop.signal })) {
        if (metadata?.sessionId === session.sessionId && seen.push(eventType) === 4) return;
      }
    })();
    await session.start(START);
    await until(async () => seen.length === 1);
    await session.suspend();
    await session.resume();
    await session.cancel();
    await watching;
    expect(seen).toEqual(['EVENT_TYPE_CREATED', 'EVENT_TYPE_SUSPENDED', 'EVENT_TYPE_RESUMED', 'EVENT_TYPE_CANCELLED']);
  });
});

/** Asks again until it is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 20_000, interval: 10 }).toBe(true);
}
