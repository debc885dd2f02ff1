import { evaluateProposals, fromBootstrap, voteAfterPeers } from '@macp-agent/core';
import { readTransaction, voteFor } from '@macp-agent/template-node/decide';
import { roleOf } from './roles.js';

// The node template's evaluator with the rules of the role that it plays.
const agent = fromBootstrap();
const { recommend } = roleOf(agent);

await agent
  .use(evaluateProposals({ evaluate: (_proposal, { inputs }) => recommend(readTransaction(inputs)) }))
  .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }))
  .run();
