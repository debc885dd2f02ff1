import assert from 'node:assert/strict';
import { Auth, MacpClient, MultiRoundSession, newSessionId } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Multi-round mode: two planners move towards each other until both name the same date; then the lead commits.
await using runtime = await startRuntime();
const sessionId = newSessionId();
const participants = ['ada', 'grace'];
const clientOf = (name: string): MacpClient => new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent(name) });

let open = (): void => undefined;
const isOpen = new Promise<void>((resolve) => (open = resolve));

async function lead(): Promise<MultiRoundSession> {
  await using client = clientOf('lead');
  const session = new MultiRoundSession(client, { sessionId });
  await session.start({ intent: 'when do we release', participants, ttlMs: 60_000 });
  const commitment = { action: 'multi_round.converged', authorityScope: 'calendar', reason: 'both name the same day', outcomePositive: true };
  await assert.rejects(session.commit(commitment), 'no commitment before all values are equal');
  open();
  let committed = false;
  for await (const { messageType } of session.openStream()) {
    if (messageType !== 'Contribute' || committed || !session.projection.converged) continue;
    committed = true;
    await session.commit(commitment);
  }
  return session;
}

async function planner(name: string, first: number, step: number): Promise<MultiRoundSession> {
  await using client = clientOf(name);
  const session = new MultiRoundSession(client, { sessionId });
  await isOpen;
  let day = first;
  await session.contribute({ value: `June ${day}` });
  for await (const { messageType, sender } of session.openStream()) {
    const { values, converged } = session.projection;
    if (messageType !== 'Contribute' || sender === name || converged || values.size < participants.length) continue;
    if (values.get(sender) === `June ${day}`) continue;
    // Half way: the other one comes here too.
    if (day === MEETING) continue;
    day += step;
    await session.contribute({ value: `June ${day}` });
  }
  return session;
}

const MEETING = 8;
for (const session of await Promise.all([lead(), planner('ada', 1, 7), planner('grace', 15, -7)])) {
  assert.equal(session.view?.state, 'RESOLVED');
  assert.deepEqual([...session.projection.values].toSorted(), [
    ['ada', `June ${MEETING}`],
    ['grace', `June ${MEETING}`],
  ]);
}
process.stdout.write(`multi-round: two planners met on June ${MEETING}, and only then it was committed\n`);
