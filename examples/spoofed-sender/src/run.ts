import assert from 'node:assert/strict';
import { Auth, buildEnvelope, DecisionSession, MacpAckError, MacpClient, MacpIdentityMismatchError } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';

// growth-agent tries to vote in the name of fraud-agent. Its own client refuses before anything is sent; an envelope that was forged by
// hand goes out, and the runtime refuses it, because the sender of a message is whoever the credential says (RFC-MACP-0004).
const NAMES = ['risk-agent', 'fraud-agent', 'growth-agent'] as const;
await using runtime = await startRuntime({ identities: NAMES.map((sender) => ({ token: `token-of-${sender}`, sender })) });
const connect = (sender: string, expectedSender?: string): MacpClient =>
  new MacpClient({
    address: runtime.address,
    allowInsecure: true,
    auth: Auth.bearer(`token-of-${sender}`, expectedSender === undefined ? {} : { expectedSender }),
  });
const risk = connect('risk-agent', 'risk-agent');
const growth = connect('growth-agent', 'growth-agent');
const forger = connect('growth-agent');

try {
  const session = new DecisionSession(risk);
  await session.start({ intent: 'review a transaction', participants: [...NAMES], ttlMs: 60_000 });
  await session.propose({ proposalId: 'p1', option: 'approve' });
  const { sessionId, mode } = session;

  const own = new DecisionSession(growth, { sessionId });
  await assert.rejects(own.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'not mine', sender: 'fraud-agent' }), (error) => {
    assert.ok(error instanceof MacpIdentityMismatchError);
    assert.deepEqual([error.expectedSender, error.actualSender], ['growth-agent', 'fraud-agent']);
    return true;
  });

  const forged = buildEnvelope({
    mode,
    messageType: 'Vote',
    sessionId,
    sender: 'fraud-agent',
    payload: { proposalId: 'p1', vote: 'APPROVE', reason: 'not mine' },
  });
  await assert.rejects(forger.send(forged), (error) => error instanceof MacpAckError && error.code === 'UNAUTHENTICATED');

  await own.vote({ proposalId: 'p1', vote: 'REJECT', reason: 'my own' });
  await session.commit({ action: 'decline', authorityScope: 'transaction_review', reason: 'one vote', outcomePositive: false });
  for await (const { sender, messageType } of session.openStream()) if (messageType === 'Vote') assert.equal(sender, 'growth-agent');
  const votes = [...(session.projection.votes.get('p1')?.keys() ?? [])];
  assert.deepEqual(votes, ['growth-agent']);
} finally {
  for (const client of [risk, growth, forger]) client.close();
}
process.stdout.write('spoofed-sender: refused by the own client, refused by the runtime, and the only vote is the honest one\n');
