// What the embedded runtime costs: a bare grpc-js echo, our memory log, our durable log and, where it is installed, the reference
// runtime with its file store, side by side; unary and on session streams, with 1, 16 and 64 senders; fan-out to 1, 10 and 100.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, RATE_AND_SERVER_CPU, rateWith, ratio, startHelper, table, target } from './measure.mjs';
import { evaluationEnvelope, openSession, rawClient } from './raw-client.mjs';

const ECHO = 'bare grpc-js echo';
const MEMORY = 'runtime, memory log';
const DURABLE = 'runtime, durable log';
const REFERENCE = 'reference runtime, file store';
const ROUNDS = 9;
/** Messages of one round, by senders: short, so that sessions stay as small as they are in life. */
const COUNTS = { 1: 300, 16: 960, 64: 1_280 };

const folders = [];
const folder = async () => {
  folders.push(await mkdtemp(join(tmpdir(), 'macp-bench-')));
  return folders.at(-1);
};
const servers = {
  [ECHO]: await startHelper('./stub-server.mjs'),
  [MEMORY]: await startHelper('./runtime-server.mjs'),
  [DURABLE]: await startHelper('./runtime-server.mjs', await folder()),
};
const installed = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'macp-agents', 'reference-runtime', 'bin', 'macp-runtime');
const reference = process.env.MACP_REFERENCE_RUNTIME ?? installed;
if (existsSync(reference)) servers[REFERENCE] = await startHelper('./reference-server.mjs', reference, await folder());
else console.log('the reference runtime is not installed here: node scripts/install-reference-runtime.mjs');
const clients = Object.fromEntries(Object.entries(servers).map(([name, { first }]) => [name, rawClient(first)]));

/** Each sender has a session of its own. */
const unary = (name, senders) => async () => {
  const sessions = await Promise.all(Array.from({ length: senders }, () => openSession(clients[name])));
  return rateWith(servers[name], COUNTS[senders], senders, (index) => clients[name].send(evaluationEnvelope(sessions[index % senders])));
};
/** The same on a stream of the session: the echo is the answer. */
const streamed = (name, senders) => async () => {
  const client = rawClient(servers[name].first);
  const sessions = await Promise.all(Array.from({ length: senders }, () => openSession(client)));
  const echoes = await Promise.all(sessions.map((sessionId) => client.echoes(sessionId)));
  const result = await rateWith(servers[name], COUNTS[senders], senders, (index) => echoes[index % senders](evaluationEnvelope(sessions[index % senders])));
  client.close();
  return result;
};
for (const [way, make] of Object.entries({ Send: unary, 'session streams': streamed })) {
  for (const senders of Object.keys(COUNTS).map(Number)) {
    const results = await interleave(Object.fromEntries(Object.keys(servers).map((name) => [name, make(name, senders)])), ROUNDS);
    table(`${way}, ${senders} sender${senders === 1 ? '' : 's'}`, results, RATE_AND_SERVER_CPU);
    if (way !== 'Send' || senders !== 64) continue;
    target('Send, memory log over a bare echo', ratio(results, MEMORY, ECHO, 'perSecond'), { least: 0.8 });
    target('durable log over memory log', ratio(results, DURABLE, MEMORY, 'perSecond'), { least: 0.7 });
  }
}

/** Every message goes to all readers; a sender goes on when all have it. */
async function fanOut(name, readerCount, count) {
  const sessionId = name === ECHO ? 'fan-out' : await openSession(clients[name]);
  const arrived = new Map();
  const onEnvelope = ({ messageId }) => {
    const waiting = arrived.get(messageId);
    if (waiting !== undefined && (waiting.left -= 1) === 0) waiting.resolve();
  };
  const readers = Array.from({ length: readerCount }, () => rawClient(servers[name].first));
  const calls = await Promise.all(readers.map((reader) => reader.subscribe(sessionId, onEnvelope)));
  const send = (make) => {
    const envelope = make(sessionId);
    return new Promise((resolve, reject) => {
      arrived.set(envelope.messageId, { left: readerCount, resolve });
      clients[name].send(envelope).catch(reject);
    });
  };
  await send(evaluationEnvelope);
  const { perSecond, serverMicros } = await rateWith(servers[name], count, 8, () => send(evaluationEnvelope));
  for (const call of calls) call.cancel();
  for (const reader of readers) reader.close();
  return { perSecond: perSecond * readerCount, serverMicros: serverMicros / readerCount };
}
for (const [readers, count] of [
  [1, 600],
  [10, 400],
  [100, 150],
]) {
  const results = await interleave(Object.fromEntries(Object.keys(servers).map((name) => [name, () => fanOut(name, readers, count)])), ROUNDS);
  table(`fan-out to ${readers} reader${readers === 1 ? '' : 's, each on a connection of its own'}, deliveries`, results, RATE_AND_SERVER_CPU);
  if (readers === 100) target('fan-out over a bare stream', ratio(results, MEMORY, ECHO, 'perSecond'), { least: 0.8 });
}

for (const client of Object.values(clients)) client.close();
for (const server of Object.values(servers)) await server.close();
for (const path of folders) await rm(path, { recursive: true });
