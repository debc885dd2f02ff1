import assert from 'node:assert/strict';
import { Auth, HandoffSession, MacpClient, newSessionId } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Handoff mode: a triage agent offers a case with its context, the specialist accepts it, and only then the triage agent commits, so that
// the case is never nobody's.
await using runtime = await startRuntime();
const sessionId = newSessionId();
const participants = ['triage', 'specialist'];

async function triage(): Promise<HandoffSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('triage') });
  const session = new HandoffSession(client, { sessionId });
  await session.start({ intent: 'hand over case 17', participants, ttlMs: 60_000 });
  const stream = session.openStream();
  await session.offer({ handoffId: 'h1', targetParticipant: 'specialist', scope: 'case 17', reason: 'chargebacks are yours' });
  await session.addContext({ handoffId: 'h1', contentType: 'application/json', context: JSON.stringify({ chargebacks: 2 }) });
  for await (const { messageType } of stream) {
    if (messageType === 'HandoffAccept')
      await session.commit({ action: 'handed over', authorityScope: 'case 17', reason: 'the specialist has it', outcomePositive: true });
  }
  return session;
}

async function specialist(): Promise<HandoffSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('specialist') });
  const session = new HandoffSession(client, { sessionId });
  for await (const { messageType } of session.openStream()) {
    if (messageType === 'HandoffContext') await session.acceptHandoff({ handoffId: 'h1', reason: 'two chargebacks, mine' });
  }
  return session;
}

for (const session of await Promise.all([triage(), specialist()])) {
  assert.equal(session.view?.state, 'RESOLVED');
  assert.ok(session.projection.isAccepted('h1'));
  assert.equal(session.projection.getHandoff('h1')?.target, 'specialist');
  assert.equal(session.view.commitment?.action, 'handed over');
}
process.stdout.write('handoff: the specialist accepted case 17 with its context, and the handoff was committed\n');
