import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { outcomeOf, wantsSuspension } from '@macp-agent/example-risk-agent/commitment';
import { loadSuspendHoldMs } from '@macp-agent/example-risk-agent/load-settings';
import { buildDecisionGraph, decideWithGraph, type AskPerson } from '@macp-agent/template-langgraph/decision-graph';
import { loadCheckpointer, reportProgress } from '@macp-agent/template-langgraph/run-graph';

// The langgraph template's initiator with the coordinator's rules. The hold of the suspend demo is the interrupt of the graph: the
// person who is asked is a clock here.
explainFailures();
const holdMs = loadSuspendHoldMs(process.env);
const ask: AskPerson = async (_question, ctx) => {
  await ctx.delay(holdMs);
  return { answer: 'confirm', by: 'the end of the hold' };
};

await runAgent(async (agent) => {
  const graph = buildDecisionGraph({
    decide: (tally) => outcomeOf(tally, tally.policyHints),
    needsReview: (_decision, inputs) => wantsSuspension(inputs),
    checkpointer: await loadCheckpointer(agent),
  });
  agent.use(
    commitAfterVotes({
      decide: (tally, ctx) => decideWithGraph(graph, tally, ctx, { ask, onNode: reportProgress(ctx, tally.proposal.proposalId) }),
    }),
  );
});
