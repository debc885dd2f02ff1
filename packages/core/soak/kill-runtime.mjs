// Kills macp-runtime with SIGKILL under load, again and again, and looks whether every acknowledged envelope is back: in order and once.
// The client and its messages in flight live on over every kill, as agents do.
// Usage: node soak/kill-runtime.mjs [rounds] [first round]. The data folder of a failed run is kept and named.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Auth, DecisionSession, MacpClient } from '../dist/index.js';
import { seededRandom } from '../dist/cutting-proxy.test.support.js';

const rounds = Number(process.argv[2] ?? 200);
const firstRound = Number(process.argv[3] ?? 1);
const SESSIONS = 4;
const SENDERS = ['ann', 'bob', 'cem', 'dot'];
const command = fileURLToPath(new URL('../bin/macp-runtime.js', import.meta.resolve('@macp-agent/runtime')));

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = server.address();
    server.close(() => resolve(free));
  });
});
const address = `127.0.0.1:${port}`;
const dataDir = mkdtempSync(join(tmpdir(), 'macp-soak-'));
const { PATH, HOME } = process.env;
const env = {
  PATH,
  HOME,
  MACP_BIND_ADDR: address,
  MACP_ALLOW_INSECURE: '1',
  MACP_DATA_DIR: dataDir,
  MACP_SESSION_START_LIMIT_PER_MINUTE: '1000000',
  MACP_MESSAGE_LIMIT_PER_MINUTE: '1000000',
  RUST_LOG: 'error',
};
const start = () => spawn(process.execPath, [command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
async function kill(child) {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
const clientOf = (sender) => new MacpClient({ address, allowInsecure: true, auth: Auth.bearer(sender, { expectedSender: sender }), defaultTimeoutMs: 60_000 });

let runtime = start();
const lead = clientOf('lead');
const senders = SENDERS.map(clientOf);
await lead.initialize();
let failed = 0;
let acknowledged = 0;
/** What a session must still be, however often the runtime dies; the latest only, so that a run does not grow. */
let known = [];

for (let round = firstRound; round < firstRound + rounds; round += 1) {
  const random = seededRandom(round);
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, open));
  const killed = new AbortController();
  const sending = senders.flatMap((client, sender) =>
    sessions.map(async ({ session, acked }) => {
      const joined = new DecisionSession(client, { sessionId: session.sessionId });
      for (let count = 0; !killed.signal.aborted; count += 1) {
        await joined.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 1, reason: `${SENDERS[sender]} ${count}` });
        acked.push(`${SENDERS[sender]} ${count}`);
        acknowledged += 1;
      }
    }),
  );
  await delay(20 + random() * 200);
  const before = sessions.map(({ acked }) => [...acked]);
  const dying = kill(runtime);
  killed.abort();
  await dying;
  runtime = start();
  // Now and then it dies again while it reads its log.
  if (random() < 0.2) {
    await delay(random() * 400);
    await kill(runtime);
    runtime = start();
  }
  const problems = [];
  try {
    await Promise.all(sending);
    for (const [index, { session, acked }] of sessions.entries()) problems.push(...(await check(session, acked, before[index])));
    for (const { session, state } of known) {
      const { metadata } = await session.metadata();
      if (metadata.state !== state) problems.push(`${session.sessionId} was ${state} and is ${metadata.state}`);
    }
    known = await settle(sessions);
  } catch (error) {
    problems.push(String(error));
  }
  if (problems.length > 0) {
    failed += 1;
    console.error(`round ${round}: ${problems.slice(0, 5).join('; ')}`);
  }
  if (round % 10 === 0) console.log(`round ${round}: ${acknowledged} acknowledged envelopes, ${failed} rounds failed`);
}

for (const client of [lead, ...senders]) await client.close();
await kill(runtime);
if (failed === 0) rmSync(dataDir, { recursive: true });
else console.error(`the data folder is ${dataDir}`);
console.log(`${rounds} kills, ${acknowledged} acknowledged envelopes, ${failed} rounds failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function open() {
  const session = new DecisionSession(lead);
  await session.start({ intent: 'survive', participants: ['lead', ...SENDERS], ttlMs: 3_600_000 });
  await session.propose({ proposalId: 'p1', option: 'a' });
  return { session, acked: [] };
}

/** Reads the history and compares: every acknowledged message, once, and those of one sender in their order. */
async function check({ sessionId }, acked, ackedBefore) {
  const stored = [];
  const stream = new DecisionSession(lead, { sessionId }).openStream();
  const missing = new Set(acked);
  const problems = [];
  while (missing.size > 0) {
    let envelope;
    try {
      envelope = await stream.read(20_000);
    } catch (error) {
      problems.push(`${sessionId} could not be read to its end: ${error.message}`);
    }
    if (envelope === undefined || envelope === null) break;
    if (envelope.messageType !== 'Evaluation') continue;
    stored.push(envelope.decodedPayload.reason);
    missing.delete(envelope.decodedPayload.reason);
  }
  stream.close();
  const lost = ackedBefore.filter((reason) => missing.has(reason));
  if (lost.length > 0) problems.push(`${sessionId} lost ${lost.length} envelopes that were acknowledged before the kill, such as ${lost[0]}`);
  else if (missing.size > 0) problems.push(`${sessionId} lacks ${missing.size} envelopes that were acknowledged after the kill`);
  if (new Set(stored).size !== stored.length) problems.push(`${sessionId} has envelopes twice`);
  for (const sender of SENDERS) {
    const counts = stored.filter((reason) => reason.startsWith(`${sender} `)).map((reason) => Number(reason.split(' ')[1]));
    if (counts.some((count, index) => count !== index)) problems.push(`${sessionId} has the messages of ${sender} out of order: ${counts.join(' ')}`);
  }
  return problems;
}

/** Ends some sessions and suspends one; the next round looks whether that has survived its kill. */
async function settle([resolved, cancelled, suspended, open]) {
  await resolved.session.commit({ action: 'go', authorityScope: 'soak', reason: 'done' });
  await cancelled.session.cancel('soak');
  await suspended.session.suspend('soak');
  return [
    { session: resolved.session, state: 'SESSION_STATE_RESOLVED' },
    { session: cancelled.session, state: 'SESSION_STATE_CANCELLED' },
    { session: suspended.session, state: 'SESSION_STATE_SUSPENDED' },
    { session: open.session, state: 'SESSION_STATE_OPEN' },
  ];
}
