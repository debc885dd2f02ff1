// One kept-alive agent of the console's benchmark, in a process of its own, with a connection of its own:
// `risk-agent` starts sessions, proposes and commits; the others evaluate every proposal several times at the pace of a model, and vote.
import { Auth, DecisionSession, MacpClient, serveAgent } from '@macp-agent/core';
import { setTimeout as pause } from 'node:timers/promises';
import { serveHelper } from './measure.mjs';

const [address, self, thinkMs, evaluations] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const PARTICIPANTS = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent'];
const EVALUATORS = PARTICIPANTS.length - 1;
const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion: 'policy.default' };
const auth = Auth.bearer(self, { expectedSender: self });
const client = new MacpClient({ address, allowInsecure: true, auth });
await client.initialize();
/** Half as long to half as long again, so that agents do not march in step. */
const think = () => pause(thinkMs * (0.5 + Math.random()));

function setUp(agent) {
  let seen = 0;
  agent.on('Proposal', (_event, { actions }) => {
    const work = (async () => {
      for (let count = 0; count < evaluations; count += 1) {
        await think();
        await actions.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: `within the limits of the policy, look ${count}` });
      }
    })();
    work.catch((error) => {
      throw error; // ends the process, and with it the benchmark
    });
  });
  agent.on('Evaluation', async (_event, { actions }) => {
    seen += 1;
    if (seen === evaluations * EVALUATORS) await actions.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'fine' });
  });
}

const sessions = new Map();
async function open(sessionId) {
  const session = new DecisionSession(client, { sessionId, auth, ...versions });
  await session.start({ intent: 'measure', participants: PARTICIPANTS, ttlMs: 600_000, ...versions });
  sessions.set(sessionId, session);
}
async function decide(sessionId) {
  const session = sessions.get(sessionId);
  const stream = session.openStream();
  await think();
  await session.propose({ proposalId: 'p1', option: 'approve', rationale: 'a payment as usual' });
  let votes = 0;
  for await (const { messageType } of stream) {
    if (messageType === 'Vote') votes += 1;
    if (votes < EVALUATORS) continue;
    await session.commit({ action: 'approve', authorityScope: 'bench', reason: 'all agree', outcomePositive: true });
    break;
  }
  stream.close();
  sessions.delete(sessionId);
}

const service = self === 'risk-agent' ? undefined : serveAgent({ client, participantId: self, setUp, concurrency: 256 });
await serveHelper('ready', async (line) => {
  const [what, ids] = line.split(' ');
  await Promise.all(ids.split(',').map(what === 'open' ? open : decide));
  return 'done';
});
await service?.close(0);
await client.close();
