// What the SDK costs over a raw grpc-js client: same payload, same stub process, interleaved.
import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { randomUUID } from 'node:crypto';
import { interleave, RATE_AND_CPU, rate, ratio, startHelper, table, target } from './measure.mjs';
import { MODE, rawClient, vote, voteEnvelope } from './raw-client.mjs';

const stub = await startHelper('./stub-server.mjs');
const address = stub.first;
const sessionId = randomUUID();
const raw = rawClient(address);
const rawEcho = await raw.echoes(randomUUID());
const auth = Auth.bearer('bench', { expectedSender: 'bench' });
const client = new MacpClient({ address, allowInsecure: true, auth });
await client.initialize();
/** A vote in a session of 50, as long ones are in life: a session keeps its latest messages, which costs collections later. */
let voted = 0;
let unary;
const voteUnary = () => {
  if (voted++ % 50 === 0) unary = new DecisionSession(client, { sessionId, auth, sendVia: 'unary' });
  return unary.vote(vote);
};
const streaming = new DecisionSession(client, { sessionId: randomUUID(), auth, sendVia: 'stream' });
const stream = streaming.openStream();
const drained = (async () => {
  for await (const _ of stream.responses());
})();

for (const { inFlight, count, streamLeast } of [
  { inFlight: 1, count: 200, streamLeast: 3 },
  { inFlight: 64, count: 1_200, streamLeast: 6 },
]) {
  const cases = {
    'raw grpc-js unary': () => rate(count, inFlight, () => raw.send(voteEnvelope(sessionId))),
    'client.send': () => rate(count, inFlight, () => client.send(voteEnvelope(sessionId))),
    'session.vote, unary': () => rate(count, inFlight, voteUnary),
    'raw grpc-js stream': () => rate(count * 3, inFlight, () => rawEcho(voteEnvelope(sessionId))),
    'session.vote on its stream': () => rate(count * 3, inFlight, () => streaming.vote(vote)),
  };
  const base = 'raw grpc-js unary';
  const results = await interleave(cases, 31);
  table(`${MODE}, ${inFlight} in flight`, results, RATE_AND_CPU);
  for (const name of ['client.send', 'session.vote, unary']) {
    target(`${name}, rate`, ratio(results, name, base, 'perSecond'), { least: 0.95 });
    target(`${name}, CPU`, ratio(results, name, base, 'cpuMicros'), { most: 1.15 });
  }
  const overRaw = ratio(results, 'session.vote on its stream', 'raw grpc-js stream', 'perSecond');
  console.log(`    session.vote on its stream over a raw grpc-js stream: ${overRaw.toFixed(2)} ×`);
  target('session.vote on its stream, rate', ratio(results, 'session.vote on its stream', base, 'perSecond'), { least: streamLeast });
}

await stream.close();
await drained;
await client.close();
raw.close();
await stub.close();
