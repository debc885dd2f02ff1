import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { readTransaction, voteFor } from '@macp-agent/template-langgraph/decide';
import { assessWithGraph, buildGraph } from '@macp-agent/template-langgraph/graph';
import { assessOrAbstain, loadModel } from '@macp-agent/template-langgraph/model';
import { loadCheckpointer, reportProgress } from '@macp-agent/template-langgraph/run-graph';
import { signalTools } from '@macp-agent/template-langgraph/tools';
import { roleOf } from './roles.js';

// The langgraph template's evaluator with the rules of the role that it plays.
explainFailures();
await runAgent(async (agent) => {
  const { recommend, instructions } = roleOf(agent);
  const { model, callbacks, timeoutMs } = await loadModel(agent, (facts) => recommend(readTransaction(facts)));
  const graph = buildGraph({ model, tools: signalTools, callbacks, checkpointer: await loadCheckpointer(agent) });
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  agent
    .use(
      evaluateProposals({
        evaluate({ proposalId }, ctx) {
          const facts = { ...readTransaction(ctx.inputs) };
          const question = { sessionId: agent.sessionId, proposalId, instructions, facts, onNode: reportProgress(ctx, proposalId) };
          return assessOrAbstain((stop) => assessWithGraph(graph, question, stop), { signal: ctx.signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
