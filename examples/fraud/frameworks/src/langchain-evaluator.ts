import { evaluateProposals, explainFailures, runAgent, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, voteOrFollow } from '@macp-agent/template-langchain/chain';
import { readTransaction } from '@macp-agent/template-langchain/decide';
import { assessOrAbstain, loadModel } from '@macp-agent/template-langchain/model';
import { ruleMoves } from '@macp-agent/template-langchain/session-tools';
import { signalTools } from '@macp-agent/template-langchain/tools';
import { roleOf } from './roles.js';

// The langchain template's evaluator with the rules of the role that it plays.
explainFailures();
await runAgent(async (agent) => {
  const { recommend, instructions } = roleOf(agent);
  const { timeoutMs, ...chain } = await loadModel(agent, (facts) => recommend(readTransaction(facts)), ruleMoves);
  const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });
  agent
    .use(
      evaluateProposals({
        evaluate(_proposal, { inputs, signal }) {
          const question = { instructions, facts: { ...readTransaction(inputs) } };
          return assessOrAbstain((stop) => assessWithAgent({ ...chain, tools: signalTools }, question, stop), { signal, timeoutMs, abstain });
        },
      }),
    )
    .use(voteAfterPeers({ vote: (question, ctx) => voteOrFollow(chain, instructions, question, ctx) }));
});
