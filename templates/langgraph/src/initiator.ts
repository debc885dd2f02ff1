import { commitAfterVotes, explainFailures, fromBootstrap } from '@macp-agent/core';
import { buildDecisionGraph, continueReview, decideWithGraph, loadReview } from './decision-graph.js';
import { decide, readTransaction } from './decide.js';
import { loadCheckpointer, reportProgress } from './run-graph.js';

// Opens the session, proposes, waits for the votes, lets the graph decide (and a person, when one has to) and commits. Everything it
// needs to connect is in the bootstrap file that MACP_BOOTSTRAP_FILE names; a cancel callback in it is served until the session ends.
explainFailures();
const agent = fromBootstrap();
const { needsReview, ask } = loadReview();
const graph = buildDecisionGraph({
  decide: (tally, inputs) => decide(tally, readTransaction(inputs)),
  needsReview,
  checkpointer: await loadCheckpointer(agent),
});

await agent
  .on('SessionStart', ({ replayed }, ctx) => {
    if (replayed) ctx.after(0, () => continueReview(graph, ctx, { ask }));
  })
  .use(
    commitAfterVotes({
      decide: (tally, ctx) => decideWithGraph(graph, tally, ctx, { ask, onNode: reportProgress(ctx, tally.proposal.proposalId) }),
    }),
  )
  .run();
