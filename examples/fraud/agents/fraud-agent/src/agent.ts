import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { readTransaction, voteFor } from '@macp-agent/template-langgraph/decide';
import { assessOrAbstain, loadModel } from '@macp-agent/template-langgraph/model';
import { flagChargebacks, flagDevice, recommend } from './decide.js';
import { assessFraud, buildFraudGraph } from './graph.js';

// The langgraph template's evaluator with its own rules: a graph of three steps, and the model seam of the template.
explainFailures();
await runAgent(async (agent) => {
  const { model, callbacks, timeoutMs } = await loadModel(agent, (facts) => {
    const transaction = readTransaction(facts);
    return recommend(flagDevice(transaction), flagChargebacks(transaction));
  });
  const graph = buildFraudGraph({ model, callbacks });
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  agent
    .use(
      evaluateProposals({
        evaluate: (_proposal, { inputs, signal }) =>
          assessOrAbstain((stop) => assessFraud(graph, agent.sessionId, readTransaction(inputs), stop), { signal, timeoutMs, abstain }),
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
