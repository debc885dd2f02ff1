import { DecisionSession, type MacpClient, type ReceivedEnvelope } from '@macp-agent/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const START = { intent: 'ship it?', participants: ['lead', 'ann', 'bob'], ttlMs: 60_000 };
const PROPOSAL = { proposalId: 'p1', option: 'ship', rationale: 'tests pass' };
const COMMITMENT = { action: 'ship', authorityScope: 'release', reason: 'agreed' };

describe.each(RUNTIMES)('a decision on $name', (kind) => {
  let runtime: RuntimeProcess;
  let clients: Record<'lead' | 'ann' | 'bob' | 'stranger', MacpClient>;

  beforeAll(async () => {
    runtime = await RuntimeProcess.start(kind);
    const [lead, ann, bob, stranger] = await Promise.all([runtime.client('lead'), runtime.client('ann'), runtime.client('bob'), runtime.client('stranger')]);
    clients = { lead, ann, bob, stranger };
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const join = (who: keyof typeof clients, sessionId?: string): DecisionSession => new DecisionSession(clients[who], { sessionId });

  it('is made by three agents, who all see the same history', async () => {
    const lead = join('lead');
    await lead.start(START);
    const [ann, bob] = [join('ann', lead.sessionId), join('bob', lead.sessionId)];
    const histories = Promise.all([lead, ann, bob].map((session) => collect(session.openStream())));

    expect(await lead.propose(PROPOSAL)).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_OPEN' });
    await ann.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' });
    await bob.raiseObjection({ proposalId: 'p1', severity: 'low', reason: 'docs are thin' });
    for (const session of [ann, bob, lead]) await session.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'yes' });
    expect(await lead.commit(COMMITMENT)).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_RESOLVED' });

    const [first, ...others] = await histories;
    expect(first?.map(({ sender, messageType }) => `${sender} ${messageType}`)).toEqual([
      'lead SessionStart',
      'lead Proposal',
      'ann Evaluation',
      'bob Objection',
      'ann Vote',
      'bob Vote',
      'lead Vote',
      'lead Commitment',
    ]);
    for (const other of others) expect(other.map(({ messageId }) => messageId)).toEqual(first?.map(({ messageId }) => messageId));
    expect(ann.projection.phase).toBe('Committed');
    expect(ann.view?.commitment).toMatchObject({ action: 'ship', outcomePositive: true, sender: 'lead' });
    const { metadata } = await bob.metadata();
    expect(metadata).toMatchObject({ state: 'SESSION_STATE_RESOLVED', initiator: 'lead', participants: START.participants, policyVersion: 'policy.default' });
  });

  it('refuses what the rules forbid, with the same codes', async () => {
    const lead = join('lead');
    await lead.start(START);
    const [ann, stranger] = [join('ann', lead.sessionId), join('stranger', lead.sessionId)];
    const vote = { proposalId: 'p1', vote: 'APPROVE' } as const;
    await expect(ann.vote(vote)).rejects.toMatchObject({ code: 'INVALID_ENVELOPE' });
    await expect(lead.commit(COMMITMENT)).rejects.toMatchObject({ code: 'INVALID_ENVELOPE' });
    await lead.propose(PROPOSAL);
    await expect(lead.propose(PROPOSAL)).rejects.toMatchObject({ code: 'INVALID_ENVELOPE' });
    await expect(stranger.vote(vote)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await ann.vote(vote);
    await expect(ann.vote(vote)).rejects.toMatchObject({ code: 'INVALID_ENVELOPE' });
    await expect(ann.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 1, reason: '' })).rejects.toMatchObject({ code: 'INVALID_ENVELOPE' });
    await expect(ann.commit(COMMITMENT)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await lead.commit(COMMITMENT);
    await expect(ann.propose({ ...PROPOSAL, proposalId: 'p2' })).rejects.toMatchObject({ code: 'SESSION_NOT_OPEN' });
    await expect(join('lead', lead.sessionId).start(START)).rejects.toMatchObject({ code: 'SESSION_ALREADY_EXISTS' });
    await expect(join('lead').metadata()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(stranger.metadata()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('takes the same message once', async () => {
    const lead = join('lead');
    await lead.start(START);
    const [envelope] = await first(lead.openStream(), 1);
    if (envelope === undefined) throw new Error('no envelope');
    const { decodedPayload: _payload, sequence: _sequence, ...sent } = envelope;
    expect(await clients.lead.send(sent)).toMatchObject({ ok: true, duplicate: true });
    await expect(clients.ann.send({ ...sent, messageId: 'another' })).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  });
});

async function collect(stream: AsyncIterable<ReceivedEnvelope>): Promise<ReceivedEnvelope[]> {
  const seen: ReceivedEnvelope[] = [];
  for await (const envelope of stream) seen.push(envelope);
  return seen;
}

async function first(stream: AsyncIterable<ReceivedEnvelope>, count: number): Promise<ReceivedEnvelope[]> {
  const seen: ReceivedEnvelope[] = [];
  for await (const envelope of stream) if (seen.push(envelope) === count) break;
  return seen;
}
