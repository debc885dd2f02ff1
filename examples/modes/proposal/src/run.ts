import assert from 'node:assert/strict';
import { Auth, MacpClient, newSessionId, ProposalSession } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// Proposal mode: a buyer proposes a price, the seller counters, and both accept the counter-proposal, which makes it the outcome that the
// buyer, who opened the session, commits.
await using runtime = await startRuntime();
const sessionId = newSessionId();
const participants = ['buyer', 'seller'];

async function buyer(): Promise<ProposalSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('buyer') });
  const session = new ProposalSession(client, { sessionId });
  await session.start({ intent: 'agree on a price', participants, ttlMs: 60_000 });
  const stream = session.openStream();
  // The state may be ahead of the message at hand, so both acceptances may find the other.
  let committed = false;
  await session.propose({ proposalId: 'offer-80', title: 'a price of 80' });
  for await (const { messageType, sender } of stream) {
    if (messageType === 'CounterProposal' && sender === 'seller') await session.accept({ proposalId: 'ask-90', reason: 'still fine' });
    if (messageType === 'Accept' && !committed && session.projection.acceptedProposal() === 'ask-90') {
      committed = true;
      await session.commit({ action: 'buy at 90', authorityScope: 'purchase', reason: 'both accepted ask-90', outcomePositive: true });
    }
  }
  return session;
}

async function seller(): Promise<ProposalSession> {
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('seller') });
  const session = new ProposalSession(client, { sessionId });
  for await (const { messageType } of session.openStream()) {
    if (messageType !== 'Proposal') continue;
    await session.counterPropose({ proposalId: 'ask-90', supersedesProposalId: 'offer-80', title: 'a price of 90' });
    await session.accept({ proposalId: 'ask-90', reason: 'my own' });
  }
  return session;
}

for (const session of await Promise.all([buyer(), seller()])) {
  assert.equal(session.view?.state, 'RESOLVED');
  assert.equal(session.view.commitment?.action, 'buy at 90');
  assert.equal(session.projection.acceptedProposal(), 'ask-90');
}
process.stdout.write('proposal: 80 was offered, 90 was asked, both accepted 90 and the buyer committed it\n');
