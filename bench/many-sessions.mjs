// 1 000 sessions in one client process: each with an open stream, sending on it; raw grpc-js with as many streams beside it.
import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';
import { interleave, RATE_AND_CPU, rate, ratio, startHelper, table, target } from './measure.mjs';
import { evaluationEnvelope, openSession, rawClient } from './raw-client.mjs';

const SESSIONS = 1_000;
const server = await startHelper('./runtime-server.mjs');
const auth = Auth.bearer('bench', { expectedSender: 'bench' });
const client = new MacpClient({ address: server.first, allowInsecure: true, auth });
const raw = rawClient(server.first);
await client.initialize();
const evaluation = { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'within the limits of the policy' };

const before = process.memoryUsage().heapUsed;
const sessions = [];
await rate(SESSIONS, 32, async () => {
  const session = new DecisionSession(client, { sessionId: await openSession(raw), auth });
  const stream = session.openStream();
  await stream.read(10_000);
  await stream.read(10_000);
  const reading = (async () => {
    for await (const _ of stream);
  })();
  sessions.push({ session, stream, reading });
});
gc();
console.log(
  `\n${SESSIONS} sessions with a stream each: ${((process.memoryUsage().heapUsed - before) / SESSIONS / 1024).toFixed(1)} KB heap each in the client`,
);

const results = await interleave(
  {
    'raw grpc-js unary': () => rate(SESSIONS, 64, (index) => raw.send(evaluationEnvelope(sessions[index].session.sessionId))),
    'session.evaluate on its stream': () => rate(SESSIONS, 64, (index) => sessions[index].session.evaluate(evaluation)),
  },
  9,
);
table('one message in each session', results, RATE_AND_CPU);
target('1 000 sessions in one process, rate', ratio(results, 'session.evaluate on its stream', 'raw grpc-js unary', 'perSecond'), { least: 1 });
for (const { stream, reading } of sessions) {
  stream.close();
  await reading;
}
await client.close();
raw.close();
await server.close();
