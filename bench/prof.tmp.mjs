import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { randomUUID } from 'node:crypto';
import { rate, startHelper } from './measure.mjs';
import { rawClient, vote, voteEnvelope } from './raw-client.mjs';
const stub = await startHelper('./stub-server.mjs');
const address = stub.first;
const sessionId = randomUUID();
const raw = rawClient(address);
const auth = Auth.bearer('bench', { expectedSender: 'bench' });
const client = new MacpClient({ address, allowInsecure: true, auth });
await client.initialize();
const unary = new DecisionSession(client, { sessionId, auth, sendVia: 'unary' });
const streaming = new DecisionSession(client, { sessionId: randomUUID(), auth, sendVia: 'stream' });
const stream = streaming.openStream();
const drained = (async () => {
  for await (const _ of stream.responses());
})();
const c = {
  raw: [() => raw.send(voteEnvelope(sessionId)), 30000],
  send: [() => client.send(voteEnvelope(sessionId)), 30000],
  vote: [() => unary.vote(vote), 30000],
  stream: [() => streaming.vote(vote), 100000],
}[process.argv[2]];
for (let i = 0; i < 2; i++) console.log(await rate(c[1], 64, c[0]));
await stream.close();
await drained;
await client.close();
raw.close();
await stub.close();
