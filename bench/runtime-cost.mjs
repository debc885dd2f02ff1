// What the embedded runtime costs over a bare grpc-js server, its durable log over its memory log, and fan-out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, RATE_AND_SERVER_CPU, rateWith, ratio, startHelper, table, target } from './measure.mjs';
import { evaluationEnvelope, openSession, rawClient } from './raw-client.mjs';

const SENDERS = 64;
const dataDir = await mkdtemp(join(tmpdir(), 'macp-bench-'));
const servers = {
  stub: await startHelper('./stub-server.mjs'),
  memory: await startHelper('./runtime-server.mjs'),
  durable: await startHelper('./runtime-server.mjs', dataDir),
};
const clients = Object.fromEntries(Object.entries(servers).map(([name, { first }]) => [name, rawClient(first)]));

/** Each sender has a session of its own; a round is short, so that sessions stay as small as they are in life. */
const sending = (name, count) => async () => {
  const sessions = await Promise.all(Array.from({ length: SENDERS }, () => openSession(clients[name])));
  return rateWith(servers[name], count, SENDERS, (index) => clients[name].send(evaluationEnvelope(sessions[index % SENDERS])));
};
const sends = await interleave({ 'bare grpc-js echo': sending('stub', 1_280), 'runtime, memory log': sending('memory', 1_280) }, 15);
table(`Send, ${SENDERS} senders`, sends, RATE_AND_SERVER_CPU);
target('Send, memory log over a bare echo', ratio(sends, 'runtime, memory log', 'bare grpc-js echo', 'perSecond'), { least: 0.8 });

const logs = await interleave({ 'runtime, memory log': sending('memory', 1_280), 'runtime, durable log': sending('durable', 1_280) }, 15);
table(`durable appends, ${SENDERS} senders`, logs, RATE_AND_SERVER_CPU);
target('durable log over memory log', ratio(logs, 'runtime, durable log', 'runtime, memory log', 'perSecond'), { least: 0.7 });

/** Every message goes to all readers; a sender goes on when all have it. */
const READERS = 100;
async function fanOut(name, count) {
  const sessionId = name === 'stub' ? 'fan-out' : await openSession(clients[name]);
  const arrived = new Map();
  const onEnvelope = ({ messageId }) => {
    const waiting = arrived.get(messageId);
    if (waiting !== undefined && (waiting.left -= 1) === 0) waiting.resolve();
  };
  const readers = Array.from({ length: READERS }, () => rawClient(servers[name].first));
  const calls = await Promise.all(readers.map((reader) => reader.subscribe(sessionId, onEnvelope)));
  const send = (make) => {
    const envelope = make(sessionId);
    return new Promise((resolve, reject) => {
      arrived.set(envelope.messageId, { left: READERS, resolve });
      clients[name].send(envelope).catch(reject);
    });
  };
  await send(evaluationEnvelope);
  const { perSecond, serverMicros } = await rateWith(servers[name], count, 8, () => send(evaluationEnvelope));
  for (const call of calls) call.cancel();
  for (const reader of readers) reader.close();
  return { perSecond: perSecond * READERS, serverMicros: serverMicros / READERS };
}
const fans = await interleave({ 'bare grpc-js stream': () => fanOut('stub', 200), 'runtime, memory log': () => fanOut('memory', 200) }, 9);
table(`fan-out to ${READERS} subscribers on ${READERS} connections, deliveries`, fans, RATE_AND_SERVER_CPU);
target('fan-out over a bare stream', ratio(fans, 'runtime, memory log', 'bare grpc-js stream', 'perSecond'), { least: 0.8 });

for (const client of Object.values(clients)) client.close();
for (const server of Object.values(servers)) await server.close();
await rm(dataDir, { recursive: true });
