import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { INSTRUCTIONS, readTransaction, RULES, voteFor } from './decide.js';
import { assessWithGraph, buildGraph } from './graph.js';
import { assessOrAbstain, loadModel } from './model.js';
import { loadCheckpointer, reportProgress } from './run-graph.js';
import { signalsFrom, signalTools } from './tools.js';

// Joins the session, lets the graph assess the proposal, and votes when the other evaluators have been heard. One program for every
// evaluator: the role in the bootstrap (which runAgent reads by fromBootstrap) picks the instructions and the rule in decide.ts.
explainFailures();
await runAgent(async (agent) => {
  const role = agent.bootstrap?.participant.role ?? '';
  const instructions = INSTRUCTIONS[role];
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  if (instructions === undefined) {
    abstain(`no instructions for the role "${role}" in decide.ts`);
    return;
  }
  const { model, callbacks, timeoutMs } = await loadModel(agent, (facts, results) => RULES[role]?.(readTransaction(facts), signalsFrom(results)));
  const graph = buildGraph({ model, tools: signalTools, callbacks, checkpointer: await loadCheckpointer(agent) });
  agent
    .use(
      evaluateProposals({
        evaluate({ proposalId, option, rationale }, ctx) {
          const facts = { ...readTransaction(ctx.inputs), proposal: { option, rationale } };
          const question = { sessionId: agent.sessionId, proposalId, instructions, facts, onNode: reportProgress(ctx, proposalId) };
          return assessOrAbstain((stop) => assessWithGraph(graph, question, stop), { signal: ctx.signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
