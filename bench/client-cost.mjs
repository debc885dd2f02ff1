// What the SDK costs over a raw grpc-js client: same payload, same stub process, interleaved.
import grpc from '@grpc/grpc-js';
import { Auth, DecisionSession, MacpClient, newMessageId } from '@macp-agent/core';
import { encodePayload } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { randomUUID } from 'node:crypto';
import { interleave, rate, startHelper, table } from './measure.mjs';

const stub = await startHelper('./stub-server.mjs');
const address = `127.0.0.1:${stub.first}`;
const mode = 'macp.mode.decision.v1';
const sessionId = randomUUID();
const vote = { proposalId: 'p1', vote: 'APPROVE', reason: 'within the limits of the policy' };
const envelope = () => ({
  macpVersion: '1.0',
  mode,
  messageType: 'Vote',
  messageId: newMessageId(),
  sessionId,
  sender: 'bench',
  timestampUnixMs: Date.now(),
  payload: encodePayload(mode, 'Vote', vote),
});

const raw = new grpc.Client(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', 'Bearer bench');
const { Send } = runtimeService;
const rawSend = () =>
  new Promise((resolve, reject) => {
    raw.makeUnaryRequest(Send.path, Send.requestSerialize, Send.responseDeserialize, { envelope: envelope() }, metadata, { deadline: Date.now() + 10_000 }, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });

const auth = Auth.bearer('bench', { expectedSender: 'bench' });
const client = new MacpClient({ address, allowInsecure: true, auth });
await client.initialize();
const unary = new DecisionSession(client, { sessionId, auth, sendVia: 'unary' });
const streaming = new DecisionSession(client, { sessionId: randomUUID(), auth, sendVia: 'stream' });
const stream = streaming.openStream();
const drained = (async () => {
  for await (const _ of stream.responses());
})();

for (const [inFlight, count] of [
  [1, 2_000],
  [64, 12_000],
]) {
  const cases = {
    'raw grpc-js unary': () => rate(count, inFlight, rawSend),
    'client.send': () => rate(count, inFlight, () => client.send(envelope())),
    'session.vote, unary': () => rate(count, inFlight, () => unary.vote(vote)),
    'session.vote on the stream': () => rate(count, inFlight, () => streaming.vote(vote)),
  };
  table(`${inFlight} in flight`, await interleave(cases, 5), 'raw grpc-js unary');
}

await stream.close();
await drained;
await client.close();
raw.close();
stub.close();
