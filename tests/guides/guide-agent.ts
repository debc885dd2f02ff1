import { MacpClient, Auth, DecisionSession, loadBootstrap } from '@macp-agent/core';

const bootstrap = loadBootstrap();
const auth = Auth.bearer(process.env.MACP_RUNTIME_TOKEN ?? '', {
  expectedSender: bootstrap.participant.participantId,
});

const client = new MacpClient({
  address: process.env.MACP_RUNTIME_ADDRESS ?? '',
  secure: process.env.MACP_RUNTIME_TLS === 'true',
  auth,
});
await client.initialize();

const session = new DecisionSession(client, { sessionId: bootstrap.run.sessionId, auth });

if (bootstrap.initiator) {
  await session.start(bootstrap.initiator.sessionStart);
}
const stream = session.openStream(); // works before and after SessionStart
if (bootstrap.initiator?.kickoff) {
  await session.propose(bootstrap.initiator.kickoff.payload);
}

for await (const envelope of stream.responses()) {
  if (envelope.messageType === 'Proposal') {
    const { proposalId } = envelope.decodedPayload as { proposalId: string };
    await session.evaluate({ proposalId, recommendation: 'APPROVE', confidence: 0.8, reason: 'nothing unusual' });
    await session.vote({ proposalId, vote: 'APPROVE', reason: 'nothing unusual' });
  }
}
await client.close();
