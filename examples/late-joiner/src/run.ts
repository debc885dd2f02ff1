import assert from 'node:assert/strict';
import { commitAfterVotes, evaluateProposals, fromBootstrap, newSessionId, voteAfterPeers, type Participant } from '@macp-agent/core';
import { decide, readSignals, readTransaction, RULES, voteFor } from '@macp-agent/template-node/decide';
import { startTestRuntime, transcriptLines, type TranscriptEntry } from '@macp-agent/testing';

// The same decision twice: once everybody is there from the start, once growth-agent joins when the proposal is made and the others have
// evaluated it. A session keeps its history, so the latecomer reads what it missed and the outcome is the same (RFC-MACP-0003).
const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const participants = ['coordinator', 'fraud-agent', 'growth-agent', 'compliance-agent'];

async function play(late: boolean): Promise<readonly string[]> {
  await using runtime = await startTestRuntime();
  const session = { sessionId: newSessionId(), participants, inputs };
  const start = { ttlMs: 30_000, proposal: { proposalId: 'p1', option: 'let the purchase through' } };
  const join = (participantId: string): Participant => {
    const agent = fromBootstrap(runtime.bootstrap({ ...session, participantId, ...(participantId === 'coordinator' && { start }) }), { env: {} });
    const rule = RULES[participantId.replace('-agent', '')];
    if (rule === undefined) return agent.use(commitAfterVotes({ decide: (tally, ctx) => decide(tally, readTransaction(ctx.inputs)) }));
    return agent
      .use(
        evaluateProposals({
          evaluate(_proposal, ctx) {
            const transaction = readTransaction(ctx.inputs);
            return rule(transaction, readSignals(transaction));
          },
        }),
      )
      .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
  };

  const transcript: TranscriptEntry[] = [];
  const evaluated = new Set<string>();
  const coordinator = join('coordinator');
  const othersAreThere = new Promise<void>((resolve) => {
    coordinator.on('*', ({ messageType, sender, payload }) => {
      transcript.push({ messageType, sender, payload });
      if (messageType === 'Evaluation' && evaluated.add(sender).size === 2) resolve();
    });
  });
  const running = ['fraud-agent', 'compliance-agent', ...(late ? [] : ['growth-agent'])].map((name) => join(name).run());
  const result = coordinator.run();
  if (late) {
    await othersAreThere;
    assert.ok(!evaluated.has('growth-agent'));
    running.push(join('growth-agent').run());
  }
  const { state, commitment } = await result;
  assert.equal(state, 'RESOLVED');
  assert.equal(commitment?.action, 'step_up');
  for (const other of await Promise.all(running)) assert.equal(other.state, 'RESOLVED');
  return transcriptLines(transcript);
}

assert.deepEqual(await play(true), await play(false));
process.stdout.write('late-joiner: the same messages and the same commitment, whenever growth-agent joined\n');
