import { Auth, DecisionSession, loadBootstrap, MacpClient } from '@macp-agent/core';

const { run, runtime, participant } = loadBootstrap();
const auth = Auth.bearer(runtime.bearerToken, { expectedSender: participant.participantId });
const client = new MacpClient({ address: runtime.address, allowInsecure: !runtime.tls, auth });
await client.initialize();

const session = new DecisionSession(client, { sessionId: run.sessionId, auth });
const stream = session.openStream(); // works before and after SessionStart
for await (const envelope of stream.responses()) {
  if (envelope.messageType === 'Proposal') await session.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9 });
}
process.stdout.write(`${stream.state}: ${session.view?.commitment?.action}\n`);
await client.close();
