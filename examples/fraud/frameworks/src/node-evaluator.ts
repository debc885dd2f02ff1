import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { readTransaction, voteFor } from '@macp-agent/template-node/decide';
import { roleOf } from './roles.js';

// The node template's evaluator with the rules of the role that it plays.
explainFailures();
await runAgent((agent) => {
  const { recommend } = roleOf(agent);
  agent
    .use(evaluateProposals({ evaluate: (_proposal, { inputs }) => recommend(readTransaction(inputs)) }))
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
