import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { buildDecisionGraph, continueReview, decideWithGraph, loadReview } from './decision-graph.js';
import { decide, readTransaction } from './decide.js';
import { loadCheckpointer, reportProgress } from './run-graph.js';

// Opens the session, proposes, waits for the votes, lets the graph decide (and a person, when one has to) and commits. Everything it
// needs to connect is in the bootstrap, which runAgent reads (by fromBootstrap): the file that MACP_BOOTSTRAP_FILE names, or variables. A
// cancel callback in it is served until the session ends.
explainFailures();
const { needsReview, ask } = loadReview();

await runAgent(
  async (agent) => {
    const graph = buildDecisionGraph({
      decide: (tally, inputs) => decide(tally, readTransaction(inputs)),
      needsReview,
      checkpointer: await loadCheckpointer(agent),
    });
    agent
      .on('SessionStart', ({ replayed }, ctx) => {
        if (replayed) ctx.after(0, () => continueReview(graph, ctx, { ask }));
      })
      .use(
        commitAfterVotes({
          decide: (tally, ctx) => decideWithGraph(graph, tally, ctx, { ask, onNode: reportProgress(ctx, tally.proposal.proposalId) }),
        }),
      );
  },
  { requireInitiator: true },
);
