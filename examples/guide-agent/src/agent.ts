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
  const { proposalId } = envelope.decodedPayload as { proposalId?: string };
  if (proposalId === undefined || envelope.sender === bootstrap.participant.participantId) continue;
  if (envelope.messageType === 'Proposal') {
    await session.evaluate({ proposalId, recommendation: 'APPROVE', confidence: 0.8, reason: 'nothing unusual' });
  } else if (envelope.messageType === 'Vote' && !session.projection.votes.get(proposalId)?.has(bootstrap.participant.participantId)) {
    // Somebody has begun to vote, so every evaluation that will come is there.
    await session.vote({ proposalId, vote: 'APPROVE', reason: 'nothing unusual' });
  }
}
await client.close();
