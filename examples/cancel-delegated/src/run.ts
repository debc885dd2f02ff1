import assert from 'node:assert/strict';
import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { buildDecisionPolicy, isMacpError } from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';

// Cancelling is the initiator's, unless the policy of the session delegates: with the authority designated_role, those whom it names may
// commit and cancel too (RFC-MACP-0012). Participation alone gives no such right.
const NAMES = ['risk-agent', 'growth-agent', 'supervisor'] as const;
await using runtime = await startRuntime({ identities: NAMES.map((sender) => ({ token: `token-of-${sender}`, sender, canManageModeRegistry: true })) });
const connect = (sender: string): MacpClient =>
  new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer(`token-of-${sender}`, { expectedSender: sender }) });
const [risk, growth, supervisor] = NAMES.map(connect) as [MacpClient, MacpClient, MacpClient];

try {
  const policy = buildDecisionPolicy('policy.fraud.supervised', 'The supervisor may end a review.', {
    commitment: { authority: 'designated_role', designatedRoles: ['supervisor'] },
  });
  await risk.registerPolicy(policy);
  const session = new DecisionSession(risk, { policyVersion: policy.policyId });
  await session.start({ intent: 'review a transaction', participants: [...NAMES], ttlMs: 60_000 });

  await assert.rejects(growth.cancelSession(session.sessionId, 'I would rather not'), (error) => isMacpError(error) && error.code === 'FORBIDDEN');
  assert.equal((await session.metadata()).metadata.state, 'SESSION_STATE_OPEN');

  const stream = session.openStream();
  const ack = await supervisor.cancelSession(session.sessionId, 'the customer called');
  assert.equal(ack.sessionState, 'SESSION_STATE_CANCELLED');
  assert.equal((await session.metadata()).metadata.state, 'SESSION_STATE_CANCELLED');

  for await (const envelope of stream) assert.notEqual(envelope.messageType, 'Commitment');
  assert.equal(stream.state, 'CANCELLED');
} finally {
  for (const client of [risk, growth, supervisor]) client.close();
}
process.stdout.write('cancel-delegated: a participant was refused, the supervisor that the policy names cancelled\n');
