import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { readTransaction, voteFor } from '@macp-agent/template-node/decide';
import { recommend } from './decide.js';

// The node template's evaluator with one rule of its own.
explainFailures();
await runAgent((agent) =>
  agent
    .use(evaluateProposals({ evaluate: (_proposal, { inputs }) => recommend(readTransaction(inputs)) }))
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) })),
);
