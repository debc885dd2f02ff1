import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { readSignals, readTransaction, RULES, voteFor } from './decide.js';

// Joins the session, evaluates the proposal, and votes when the other evaluators have been heard. One program for every
// evaluator: the role in the bootstrap (which runAgent reads by fromBootstrap) picks the rule in decide.ts.
explainFailures();
await runAgent((agent) => {
  const role = agent.bootstrap?.participant.role ?? '';
  const rule = RULES[role];
  if (rule === undefined) {
    agent.report({ type: 'abstained', reason: `no rule for the role "${role}" in decide.ts` });
    return;
  }
  agent
    .use(
      evaluateProposals({
        evaluate(_proposal, { inputs }) {
          const transaction = readTransaction(inputs);
          return rule(transaction, readSignals(transaction));
        },
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
});
