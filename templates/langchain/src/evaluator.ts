import { evaluateProposals, fromBootstrap, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, buildAgent } from './chain.js';
import { INSTRUCTIONS, readTransaction, RULES, voteFor } from './decide.js';
import { assessOrAbstain, loadModel } from './model.js';
import { signalsFrom, signalTools } from './tools.js';

// Joins the session, lets a LangChain agent assess the proposal, and votes when the other evaluators have been heard. One program
// for every evaluator: the role in the bootstrap picks the instructions and the rule in decide.ts.
const agent = fromBootstrap();
const role = agent.bootstrap?.participant.role ?? '';
const instructions = INSTRUCTIONS[role];

if (instructions === undefined) {
  agent.report({ type: 'abstained', reason: `no instructions for the role "${role}" in decide.ts` });
} else {
  const { model, callbacks, timeoutMs } = await loadModel(agent, (facts, results) => RULES[role]?.(readTransaction(facts), signalsFrom(results)));
  const chain = buildAgent({ model, tools: signalTools, callbacks });
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  agent
    .use(
      evaluateProposals({
        evaluate({ option, rationale }, { inputs, signal }) {
          const facts = { ...readTransaction(inputs), proposal: { option, rationale } };
          return assessOrAbstain((stop) => assessWithAgent(chain, { instructions, facts }, stop), { signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }));
}
await agent.run();
