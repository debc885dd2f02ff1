import { DecisionSession, type MacpClient, type ReceivedEnvelope, type SessionStream } from '@macp-agent/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const START = { intent: 'follow', participants: ['lead', 'ann'], ttlMs: 60_000 };
const IDENTITIES = [
  { token: 'token-lead', sender: 'lead' },
  { token: 'token-ann', sender: 'ann' },
  { token: 'token-watcher', sender: 'watcher', can_start_sessions: false, is_observer: true },
  { token: 'token-out', sender: 'out' },
];

describe.each(RUNTIMES)('streams of $name', (kind) => {
  let runtime: RuntimeProcess;
  let lead: MacpClient;
  let ann: MacpClient;

  beforeAll(async () => {
    runtime = await RuntimeProcess.start(kind, { MACP_MEMORY_ONLY: '1', MACP_AUTH_TOKENS_JSON: JSON.stringify(IDENTITIES) });
    [lead, ann] = await Promise.all([client('lead'), client('ann')]);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const client = (sender: string): Promise<MacpClient> => runtime.client(sender, { token: `token-${sender}` });

  async function started(proposals: number): Promise<DecisionSession> {
    const session = new DecisionSession(lead);
    await session.start(START);
    for (let number = 1; number <= proposals; number += 1) await session.propose({ proposalId: `p${number}`, option: 'a' });
    return session;
  }

  it('replay everything to whoever comes late, then go on', async () => {
    const session = await started(3);
    const stream = new DecisionSession(ann, { sessionId: session.sessionId }).openStream();
    expect(await take(stream, 4)).toEqual(['1 SessionStart', '2 Proposal p1', '3 Proposal p2', '4 Proposal p3']);
    await session.propose({ proposalId: 'p4', option: 'a' });
    expect(await take(stream, 1)).toEqual(['5 Proposal p4']);
    stream.close();
  });

  it('resume after an ordinal, also after the last', async () => {
    const session = await started(3);
    const join = (afterSequence: number): SessionStream => new DecisionSession(ann, { sessionId: session.sessionId }).openStream({ afterSequence });
    const [middle, end] = [join(2), join(4)];
    expect(await take(middle, 2)).toEqual(['3 Proposal p2', '4 Proposal p3']);
    await session.propose({ proposalId: 'p4', option: 'a' });
    expect(await take(middle, 1)).toEqual(['5 Proposal p4']);
    expect(await take(end, 1)).toEqual(['5 Proposal p4']);
    middle.close();
    end.close();
  });

  it('wait for a session that does not exist yet', async () => {
    const session = new DecisionSession(lead);
    const stream = new DecisionSession(ann, { sessionId: session.sessionId }).openStream();
    await expect(stream.read(300)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await session.start(START);
    expect(await take(stream, 1)).toEqual(['1 SessionStart']);
    stream.close();
  });

  it('are open to observers and closed to outsiders', async () => {
    const session = await started(1);
    const [watcher, out] = await Promise.all([client('watcher'), client('out')]);
    const seen = new DecisionSession(watcher, { sessionId: session.sessionId }).openStream();
    expect(await take(seen, 2)).toEqual(['1 SessionStart', '2 Proposal p1']);
    seen.close();
    await expect(new DecisionSession(out, { sessionId: session.sessionId }).openStream().read(5_000)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(new DecisionSession(watcher).start(START)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('carry 500 messages of two senders to both in one order', async () => {
    const session = await started(1);
    const theirs = new DecisionSession(ann, { sessionId: session.sessionId });
    const [one, other] = [session.openStream(), theirs.openStream()];
    const both = Promise.all([collect(one, 502), collect(other, 502)]);
    const evaluate = (by: DecisionSession, reason: string): Promise<unknown> =>
      by.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 1, reason });
    const send = async (by: DecisionSession, name: string): Promise<void> => {
      for (let batch = 0; batch < 25; batch += 1) await Promise.all(Array.from({ length: 10 }, (_, index) => evaluate(by, `${name}${batch}-${index}`)));
    };
    await Promise.all([send(session, 'lead'), send(theirs, 'ann')]);
    const [first, second] = await both;
    expect(second.map(({ messageId }) => messageId)).toEqual(first.map(({ messageId }) => messageId));
    expect(new Set(first.map(({ messageId }) => messageId)).size).toBe(502);
    one.close();
    other.close();
  });

  it('end with the session, with everything delivered', async () => {
    const session = await started(1);
    const stream = new DecisionSession(ann, { sessionId: session.sessionId }).openStream();
    const all = collect(stream, Number.POSITIVE_INFINITY);
    await session.commit({ action: 'go', authorityScope: 'team', reason: 'done' });
    expect((await all).map(({ messageType }) => messageType)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
    expect(stream.state).toBe('RESOLVED');
  });

  it('still replay a session that has ended, in memory', async () => {
    const session = await started(1);
    await session.commit({ action: 'go', authorityScope: 'team', reason: 'done' });
    const stream = new DecisionSession(ann, { sessionId: session.sessionId }).openStream();
    expect((await collect(stream, Number.POSITIVE_INFINITY)).map(({ messageType }) => messageType)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  });
});

async function take(stream: SessionStream, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const envelope = await stream.read(10_000);
    if (envelope === null) break;
    const { proposalId = '' } = envelope.decodedPayload as { proposalId?: string };
    seen.push(`${envelope.sequence} ${envelope.messageType} ${proposalId}`.trim());
  }
  return seen;
}

async function collect(stream: SessionStream, count: number): Promise<ReceivedEnvelope[]> {
  const seen: ReceivedEnvelope[] = [];
  for (let envelope = await stream.read(30_000); envelope !== null; envelope = await stream.read(30_000)) if (seen.push(envelope) >= count) break;
  return seen;
}
