// A warm fraud decision: the runtime in one process, the four agents of examples/fraud in this one, with their graph, chain and
// rules models. Beside it raw grpc-js sending the same ten envelopes one after another, with nobody deciding anything.
import { Auth, commitAfterVotes, evaluateProposals, MacpClient, Participant, serveAgent, voteAfterPeers } from '@macp-agent/core';
import { randomUUID } from 'node:crypto';
import { recommend as complianceRules } from '../examples/fraud/agents/compliance-agent/dist/decide.js';
import { flagChargebacks, flagDevice, recommend as fraudRules } from '../examples/fraud/agents/fraud-agent/dist/decide.js';
import { assessFraud, buildFraudGraph } from '../examples/fraud/agents/fraud-agent/dist/graph.js';
import { INSTRUCTIONS, recommend as growthRules } from '../examples/fraud/agents/growth-agent/dist/decide.js';
import { growthTools } from '../examples/fraud/agents/growth-agent/dist/tools.js';
import { outcomeOf } from '../examples/fraud/agents/risk-agent/dist/commitment.js';
import { assessWithAgent } from '../templates/langchain/dist/chain.js';
import { RulesModel as ChainRules } from '../templates/langchain/dist/model.js';
import { ruleMoves } from '../templates/langchain/dist/session-tools.js';
import { RulesModel } from '../templates/langgraph/dist/model.js';
import { voteFor } from '../templates/node/dist/decide.js';
import { interleave, median, startHelper, table, target } from './measure.mjs';
import { envelopeOf, MODE, rawClient } from './raw-client.mjs';

const transaction = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const graph = buildFraudGraph({ model: new RulesModel((facts) => fraudRules(flagDevice(facts), flagChargebacks(facts))) });
const chain = { model: new ChainRules((facts) => growthRules(facts), ruleMoves), tools: growthTools };
const assess = {
  'fraud-agent': (sessionId, signal) => assessFraud(graph, sessionId, transaction, signal),
  'growth-agent': (_sessionId, signal) => assessWithAgent(chain, { instructions: INSTRUCTIONS, facts: transaction }, signal),
  'compliance-agent': () => complianceRules(transaction),
};
const start = {
  intent: 'Decide about a payment',
  participants: ['risk-agent', ...Object.keys(assess)],
  ttlMs: 60_000,
  modeVersion: '1.0.0',
  configurationVersion: 'config.default',
  policyVersion: 'policy.default',
};
const proposal = { proposalId: 'p1', option: 'review', rationale: 'a large payment from a device seen rarely' };

const server = await startHelper('./runtime-server.mjs');
const clientOf = (id) => new MacpClient({ address: server.first, allowInsecure: true, auth: Auth.bearer(id, { expectedSender: id }) });
const risk = clientOf('risk-agent');
const clients = [risk];
const services = Object.entries(assess).map(([participantId, evaluate]) => {
  const client = clientOf(participantId);
  clients.push(client);
  return serveAgent({
    client,
    participantId,
    setUp: (agent) =>
      agent
        .use(evaluateProposals({ evaluate: (_proposal, { signal }) => evaluate(agent.sessionId, signal) }))
        .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) })),
  });
});

async function decision() {
  const startedMs = performance.now();
  let ms;
  const initiator = { sessionStart: start, kickoff: { messageType: 'Proposal', payload: proposal } };
  const agent = new Participant({ client: risk, participantId: 'risk-agent', sessionId: randomUUID(), mode: MODE, initiator });
  agent.use(commitAfterVotes({ decide: (tally) => outcomeOf(tally, tally.policyHints) }));
  agent.on('Commitment', () => (ms = performance.now() - startedMs));
  const { state, commitment } = await agent.run();
  if (state !== 'RESOLVED' || commitment.action !== 'approve') throw new Error(`the decision ended ${state} ${commitment?.action}`);
  return { ms };
}

/** The graph and the chain of one decision, without coordination. */
async function models() {
  const { signal } = new AbortController();
  const startedMs = performance.now();
  await Promise.all(Object.values(assess).map((evaluate) => evaluate(randomUUID(), signal)));
  return { ms: performance.now() - startedMs };
}

const names = ['raw-risk', 'raw-fraud', 'raw-growth', 'raw-compliance'];
const raw = Object.fromEntries(names.map((id) => [id, rawClient(server.first, id)]));
async function envelopes() {
  const sessionId = randomUUID();
  const send = (sender, messageType, payload) => raw[sender].send({ ...envelopeOf(sessionId, messageType, payload), sender });
  const { modeVersion, configurationVersion, policyVersion } = start;
  const outcome = { commitmentId: randomUUID(), action: 'approve', authorityScope: 'bench', reason: 'fine', outcomePositive: true };
  const startedMs = performance.now();
  await send('raw-risk', 'SessionStart', { ...start, participants: names });
  await send('raw-risk', 'Proposal', proposal);
  for (const sender of names.slice(1)) await send(sender, 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' });
  for (const sender of names.toReversed()) await send(sender, 'Vote', { proposalId: 'p1', vote: 'APPROVE', reason: 'fine' });
  await send('raw-risk', 'Commitment', { ...outcome, modeVersion, configurationVersion, policyVersion });
  return { ms: performance.now() - startedMs };
}

const results = await interleave(
  { 'raw grpc-js, the same 10 envelopes': envelopes, 'graph, chain and rules alone': models, 'the decision of four agents': decision },
  20,
);
table('a warm fraud decision, SessionStart sent to Commitment acknowledged', results, { ms: 'ms' });
target('median of 20', median(results['the decision of four agents'].map(({ ms }) => ms)), { most: 100 }, 'ms');

for (const service of services) await service.close(0);
for (const client of [...clients, ...Object.values(raw)]) await client.close();
await server.close();
