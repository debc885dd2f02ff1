import type { Ack } from '@macp-agent/protocol';
import { Auth } from './auth.js';
import { MacpClient } from './client.js';
import type { CuttingProxy } from './cutting-proxy.test.support.js';
import { DecisionSession } from './session/decision-session.js';
import type { ReceivedEnvelope } from './session/received-envelope.js';
import type { SessionStream } from './session/session-stream.js';

/** What one round of cut connections must not lose, double or reorder. */
export interface RoundResult {
  readonly problems: string[];
  readonly envelopes: number;
  readonly cuts: number;
}

const EVALUATIONS = 24;

/** Two agents decide through a proxy that cuts their connections; both must see every accepted envelope once, in the same order. */
export async function playRound(proxy: CuttingProxy, random: () => number): Promise<RoundResult> {
  const cutsBefore = proxy.cuts;
  proxy.cutsLeft = 1 + Math.floor(random() * 5);
  const clients = ['coord', 'a'].map((id) => new MacpClient({ address: proxy.address, allowInsecure: true, auth: Auth.bearer(id, { expectedSender: id }) }));
  const [coordinator, other] = clients as [MacpClient, MacpClient];
  try {
    await Promise.all(clients.map((client) => client.initialize()));
    const mine = new DecisionSession(coordinator);
    const theirs = new DecisionSession(other, { sessionId: mine.sessionId });
    const streams = [mine.openStream({ bufferSize: 8 }), theirs.openStream()];
    const reading = Promise.all(streams.map((stream) => collect(stream)));
    await mine.start({ intent: 'cut', participants: ['coord', 'a'], ttlMs: 600_000 });
    await mine.propose({ proposalId: 'p1', option: 'ship' });
    const acks = await Promise.all([evaluate(mine, 'coord'), evaluate(theirs, 'a')]);
    await mine.vote({ proposalId: 'p1', vote: 'APPROVE' });
    await mine.commit({ action: 'decision.selected', authorityScope: 'team', reason: 'agreed' });
    const seen = await reading;
    return { problems: judge(seen, acks.flat(), streams), envelopes: seen[0]?.length ?? 0, cuts: proxy.cuts - cutsBefore };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function collect(stream: SessionStream): Promise<ReceivedEnvelope[]> {
  const seen: ReceivedEnvelope[] = [];
  for await (const envelope of stream) seen.push(envelope);
  return seen;
}

async function evaluate(session: DecisionSession, name: string): Promise<Ack[]> {
  const acks: Ack[] = [];
  for (let index = 0; index < EVALUATIONS; index += 1) {
    acks.push(await session.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 1, reason: `${name} ${index}` }));
  }
  return acks;
}

function judge(seen: ReceivedEnvelope[][], acks: Ack[], streams: SessionStream[]): string[] {
  const problems: string[] = [];
  const expected = 4 + 2 * EVALUATIONS;
  const ids = seen.map((envelopes) => envelopes.map(({ messageId }) => messageId));
  for (const [reader, envelopes] of seen.entries()) {
    if (envelopes.length !== expected) problems.push(`reader ${reader} saw ${envelopes.length} envelopes instead of ${expected}`);
    if (new Set(ids[reader]).size !== envelopes.length) problems.push(`reader ${reader} saw an envelope twice`);
    const gap = envelopes.findIndex(({ sequence }, index) => sequence !== index + 1);
    if (gap !== -1) problems.push(`reader ${reader} has ordinal ${envelopes[gap]?.sequence} at place ${gap + 1}`);
  }
  if (ids[0]?.join() !== ids[1]?.join()) problems.push('the readers saw different orders');
  const missing = acks.filter(({ messageId }) => ids[0]?.includes(messageId) !== true);
  if (missing.length > 0) problems.push(`${missing.length} acknowledged messages are not in the history`);
  for (const [reader, { state }] of streams.entries()) if (state !== 'RESOLVED') problems.push(`reader ${reader} ended in state ${state}`);
  return problems;
}
