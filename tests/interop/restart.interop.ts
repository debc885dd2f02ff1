import { DecisionSession, type MacpClient } from '@macp-agent/core';
import { describe, expect, it } from 'vitest';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const START = { intent: 'survive', participants: ['lead', 'ann'], ttlMs: 60_000 };

describe.each(RUNTIMES)('a restart of $name on durable data', (kind) => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('keeps sessions, ids, suspensions and the place of a stream: %s', async (signal) => {
    await using runtime = await RuntimeProcess.start(kind, {});
    const [lead, ann] = await Promise.all([runtime.client('lead'), runtime.client('ann')]);
    const session = await started(lead);
    const theirs = new DecisionSession(ann, { sessionId: session.sessionId });
    const stream = theirs.openStream();
    expect([await stream.read(10_000), await stream.read(10_000)].map((envelope) => envelope?.messageType)).toEqual(['SessionStart', 'Proposal']);
    const paused = await started(lead);
    await paused.suspend('over the restart');
    const cancelled = await started(lead);
    await cancelled.cancel('before the restart');

    await runtime.restart(signal);

    const { metadata } = await session.metadata();
    expect(metadata).toMatchObject({ state: 'SESSION_STATE_OPEN', initiator: 'lead', participants: START.participants });
    await expect(new DecisionSession(lead, { sessionId: session.sessionId }).propose({ proposalId: 'p1', option: 'a' })).rejects.toMatchObject({
      code: 'INVALID_ENVELOPE',
    });
    expect((await paused.metadata()).metadata.state).toBe('SESSION_STATE_SUSPENDED');
    expect(await paused.resume()).toMatchObject({ ok: true });
    expect((await cancelled.metadata()).metadata.state).toBe('SESSION_STATE_CANCELLED');

    await theirs.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'still here' });
    expect(await stream.read(20_000)).toMatchObject({ messageType: 'Vote', sequence: 3 });
    await session.commit({ action: 'go', authorityScope: 'team', reason: 'done' });
    expect(await stream.read(20_000)).toMatchObject({ messageType: 'Commitment', sequence: 4 });
    expect(await stream.read(20_000)).toBeNull();
  });

  it('answers a message that is sent again with the same id as a duplicate', async () => {
    await using runtime = await RuntimeProcess.start(kind, {});
    const lead = await runtime.client('lead');
    const session = await started(lead);
    const first = await session.openStream().read(10_000);
    if (first === null) throw new Error('the session has no history');
    const { decodedPayload: _payload, sequence: _sequence, ...start } = first;
    session.close();
    await runtime.restart('SIGKILL');
    expect(await lead.send(start)).toMatchObject({ ok: true, duplicate: true });
  });

  // docs/reference/compatibility.md: the reference runtime resolves the policy again, finds none, and lets the commitment pass.
  it('keeps the policy that a session was started under, where that is stored', async () => {
    await using runtime = await RuntimeProcess.start(kind, {});
    const lead = await runtime.client('lead');
    const rules = JSON.stringify({ voting: { algorithm: 'majority' }, commitment: { require_vote_quorum: true } });
    await lead.registerPolicy({ policyId: 'policy.votes', mode: '*', description: 'votes', rules, schemaVersion: 1 });
    const session = await started(lead, 'policy.votes');
    await runtime.restart('SIGKILL');
    const { ok } = await session.commit({ action: 'go', authorityScope: 'team', reason: 'done' }, { raiseOnNack: false });
    expect(ok).toBe(kind.name === 'reference');
  });

  // docs/reference/compatibility.md: the reference runtime compacts a finished session at once, ours keeps it for its retention time.
  it('replays a finished session, or says that its history is gone', async () => {
    await using runtime = await RuntimeProcess.start(kind, {});
    const lead = await runtime.client('lead');
    const session = await started(lead);
    await session.commit({ action: 'go', authorityScope: 'team', reason: 'done' });
    await runtime.restart('SIGKILL');
    const late = new DecisionSession(lead, { sessionId: session.sessionId }).openStream();
    const first = await late.read(10_000).then(
      (envelope) => envelope?.messageType,
      (error: unknown) => (error as { code: string }).code,
    );
    expect(first).toBe(kind.name === 'ours' ? 'SessionStart' : 'HISTORY_UNAVAILABLE');
    late.close();
    expect((await session.metadata()).metadata.state).toBe('SESSION_STATE_RESOLVED');
  });
});

async function started(lead: MacpClient, policyVersion?: string): Promise<DecisionSession> {
  const session = new DecisionSession(lead, { policyVersion });
  await session.start(START);
  await session.propose({ proposalId: 'p1', option: 'a' });
  return session;
}
