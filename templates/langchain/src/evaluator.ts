import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, voteOrFollow } from './chain.js';
import { INSTRUCTIONS, readTransaction, RULES } from './decide.js';
import { assessOrAbstain, loadModel } from './model.js';
import { ruleMoves } from './session-tools.js';
import { signalsFrom, signalTools } from './tools.js';

// Joins the session, lets a LangChain agent assess the proposal, and vote when the other evaluators have been heard. One program for
// every evaluator: the role in the bootstrap (which runAgent reads by fromBootstrap) picks the instructions and the rule in decide.ts.
explainFailures();
await runAgent(async (agent) => {
  const role = agent.bootstrap?.participant.role ?? '';
  const instructions = INSTRUCTIONS[role];
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  if (instructions === undefined) {
    abstain(`no instructions for the role "${role}" in decide.ts`);
    return;
  }
  const rule = (facts: Record<string, unknown>, results: Record<string, unknown>) => RULES[role]?.(readTransaction(facts), signalsFrom(results));
  const { timeoutMs, ...chain } = await loadModel(agent, rule, ruleMoves);
  agent
    .use(
      evaluateProposals({
        evaluate({ option, rationale }, { inputs, signal }) {
          const facts = { ...readTransaction(inputs), proposal: { option, rationale } };
          const parts = { ...chain, tools: signalTools };
          return assessOrAbstain((stop) => assessWithAgent(parts, { instructions, facts }, stop), { signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: (question, ctx) => voteOrFollow(chain, instructions, question, ctx) }));
});
