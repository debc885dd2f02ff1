// 10 000 open sessions in one runtime: what each costs at rest, and what a message costs beside a runtime with 10.
import { interleave, RATE_AND_SERVER_CPU, rate, rateWith, ratio, startHelper, table, target } from './measure.mjs';
import { evaluationEnvelope, openSession, rawClient } from './raw-client.mjs';

const MANY = 10_000;
const COUNT = 1_000;
async function runtimeWith(sessionCount) {
  const server = await startHelper('./runtime-server.mjs');
  const client = rawClient(server.first);
  await openSession(client); // what the first session loads is no cost of the others
  const before = await server.bytes();
  const sessions = [];
  await rate(sessionCount, 64, async () => sessions.push(await openSession(client, ['bench', 'fraud-agent', 'growth-agent', 'compliance-agent'])));
  const bytesEach = ((await server.bytes()) - before) / sessionCount;
  // Both have answered equally often when they are compared: compiled code is faster.
  await rate(2 * (MANY - sessionCount), 64, (index) => client.send(evaluationEnvelope(sessions[index % sessionCount])));
  // Other sessions every time, so that none grows long; the few are opened anew.
  let next = 0;
  const send = async () => {
    const used = sessionCount === MANY ? sessions : await Promise.all(sessions.map(() => openSession(client)));
    return rateWith(server, COUNT, 16, () => client.send(evaluationEnvelope(used[next++ % used.length])));
  };
  return { bytesEach, send, close: () => (client.close(), server.close()) };
}
const few = await runtimeWith(10);
const many = await runtimeWith(MANY);
const results = await interleave({ '10 sessions': few.send, [`${MANY} sessions`]: many.send }, 15);
table('Send to open sessions', results, RATE_AND_SERVER_CPU);
target('server CPU per message, 10 000 sessions over 10', ratio(results, `${MANY} sessions`, '10 sessions', 'serverMicros'), { most: 1.2 });
target('a session at rest with its first two messages', many.bytesEach / 1024, { most: 10 }, 'KB');
await few.close();
await many.close();
