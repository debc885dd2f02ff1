import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, voteOrFollow } from '@macp-agent/template-langchain/chain';
import { readTransaction } from '@macp-agent/template-langchain/decide';
import { assessOrAbstain, loadModel } from '@macp-agent/template-langchain/model';
import { ruleMoves } from '@macp-agent/template-langchain/session-tools';
import { INSTRUCTIONS, recommend } from './decide.js';
import { growthTools } from './tools.js';

// The langchain template's evaluator with its own rules and tools; its turns, guards and model seam are the template's.
explainFailures();
await runAgent(async (agent) => {
  const { timeoutMs, ...chain } = await loadModel(agent, (facts) => recommend(readTransaction(facts)), ruleMoves);
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  agent
    .use(
      evaluateProposals({
        evaluate(_proposal, { inputs, signal }) {
          const question = { instructions: INSTRUCTIONS, facts: { ...readTransaction(inputs) } };
          return assessOrAbstain((stop) => assessWithAgent({ ...chain, tools: growthTools }, question, stop), { signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: (question, ctx) => voteOrFollow(chain, INSTRUCTIONS, question, ctx) }));
});
