import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { voteFor } from '@macp-agent/template-node/decide';
import { readClaim, RULES } from './decide.js';

// The node template's evaluator with the rules of this pack: the role in the bootstrap picks one of them.
explainFailures();
await runAgent((agent) => {
  const role = agent.bootstrap?.participant.role ?? '';
  const rule = Object.hasOwn(RULES, role) ? RULES[role] : undefined;
  if (rule === undefined) {
    agent.report({ type: 'abstained', reason: `no rule for the role "${role}" in decide.ts` });
    return;
  }
  agent.use(evaluateProposals({ evaluate: (_proposal, { inputs }) => rule(readClaim(inputs)) })).use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
