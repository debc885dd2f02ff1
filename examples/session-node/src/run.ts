import assert from 'node:assert/strict';
import { END, MemorySaver, START, StateGraph, StateSchema } from '@langchain/langgraph';
import { Auth, evaluateProposals, MacpClient, serveAgent, voteAfterPeers } from '@macp-agent/core';
import { startRuntime } from '@macp-agent/runtime';
import { z } from 'zod';
import { sessionNode, type SessionDecision } from './session-node.js';

// A graph of a shop: an order is priced, other agents decide about it in a session, and it is shipped or held back. The two reviewers are
// agents that serve every session that names them; here they live in the same process, in life they live anywhere.
const REVIEWERS = ['credit-agent', 'stock-agent'];
await using runtime = await startRuntime({ identities: ['shop', ...REVIEWERS].map((sender) => ({ token: `token-of-${sender}`, sender })) });
const connect = (sender: string): MacpClient =>
  new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer(`token-of-${sender}`, { expectedSender: sender }) });

const clients = REVIEWERS.map(connect);
const services = REVIEWERS.map((participantId, index) =>
  serveAgent({
    client: clients[index] as MacpClient,
    participantId,
    setUp: (agent) =>
      agent
        .use(
          evaluateProposals({
            evaluate({ option }) {
              const large = Number(/\d+/.exec(option)?.[0]) > 1_000;
              return {
                recommendation: large && participantId === 'credit-agent' ? 'BLOCK' : 'APPROVE',
                confidence: 0.9,
                reason: large ? 'a large order' : 'fine',
              };
            },
          }),
        )
        .use(voteAfterPeers({ vote: ({ own }) => ({ vote: own?.recommendation === 'APPROVE' ? 'APPROVE' : 'REJECT', reason: own?.reason ?? '' }) })),
  }),
);

const State = new StateSchema({
  order: z.string(),
  amount: z.number(),
  participants: z.array(z.string()).default(['shop', ...REVIEWERS]),
  ttlMs: z.number().default(30_000),
  decision: z.custom<SessionDecision>().nullish(),
  shipped: z.boolean().default(false),
});
type Order = { order: string; amount: number; participants: string[]; ttlMs: number };

// #region graph
const decideTogether = sessionNode<Order>({
  connect: () => connect('shop'),
  participantId: 'shop',
  session: ({ order, participants, ttlMs }) => ({ intent: `ship ${order}?`, participants, ttlMs }),
  proposal: ({ order, amount }) => ({ proposalId: order, option: `ship for ${amount}` }),
  decide({ votes }) {
    const passed = votes.every(({ vote }) => vote === 'APPROVE');
    return { action: passed ? 'ship' : 'hold', outcomePositive: passed, reason: votes.map(({ vote }) => vote).join(', '), authorityScope: 'orders' };
  },
});

const graph = new StateGraph(State)
  .addNode('price', ({ amount }) => ({ amount: Math.round(amount * 1.2) }))
  .addNode('decide', decideTogether)
  .addNode('ship', () => ({ shipped: true }))
  .addEdge(START, 'price')
  .addEdge('price', 'decide')
  .addConditionalEdges('decide', ({ decision }) => (decision?.commitment?.outcomePositive === true ? 'ship' : END), ['ship', END])
  .addEdge('ship', END)
  .compile({ checkpointer: new MemorySaver() });
// #endregion

const place = (order: string, amount: number, changes: object = {}) => graph.invoke({ order, amount, ...changes }, { configurable: { thread_id: order } });

try {
  const small = await place('order-1', 100);
  assert.deepEqual([small.shipped, small.decision?.state, small.decision?.commitment?.action], [true, 'RESOLVED', 'ship']);
  const large = await place('order-2', 5_000);
  assert.deepEqual([large.shipped, large.decision?.commitment?.action, large.decision?.commitment?.outcomePositive], [false, 'hold', false]);

  // A graph that was stopped before its decision was kept repeats the node: the same session, the same commitment.
  const state = { order: 'order-1', amount: 120, participants: ['shop', ...REVIEWERS], ttlMs: 30_000 };
  const again = await decideTogether(state, { configurable: { thread_id: 'order-1' } });
  assert.deepEqual(again.decision, small.decision);
  await using watcher = connect('shop');
  const sessions = await watcher.listSessions();
  assert.equal(sessions.length, 2);

  // Nobody else is there to vote.
  const alone = await place('order-3', 100, { participants: ['shop', 'nobody'], ttlMs: 1_000 });
  assert.deepEqual([alone.shipped, alone.decision?.state, alone.decision?.commitment], [false, 'EXPIRED', undefined]);
} finally {
  await Promise.all(services.map((service) => service.close(0)));
  for (const client of clients) client.close();
}
process.stdout.write('session-node: one order shipped, one held back, one node repeated without a second session, one session expired\n');
