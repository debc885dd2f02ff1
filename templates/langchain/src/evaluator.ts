import { evaluateProposals, explainFailures, fromBootstrap, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, voteOrFollow } from './chain.js';
import { INSTRUCTIONS, readTransaction, RULES } from './decide.js';
import { assessOrAbstain, loadModel } from './model.js';
import { ruleMoves } from './session-tools.js';
import { signalsFrom, signalTools } from './tools.js';

// Joins the session, lets a LangChain agent assess the proposal, and vote when the other evaluators have been heard. One program
// for every evaluator: the role in the bootstrap picks the instructions and the rule in decide.ts.
explainFailures();
const agent = fromBootstrap();
const role = agent.bootstrap?.participant.role ?? '';
const instructions = INSTRUCTIONS[role];

if (instructions === undefined) {
  agent.report({ type: 'abstained', reason: `no instructions for the role "${role}" in decide.ts` });
} else {
  const rule = (facts: Record<string, unknown>, results: Record<string, unknown>) => RULES[role]?.(readTransaction(facts), signalsFrom(results));
  const { timeoutMs, ...chain } = await loadModel(agent, rule, ruleMoves);
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
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
}
await agent.run();
