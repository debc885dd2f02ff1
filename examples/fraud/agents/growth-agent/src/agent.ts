import { evaluateProposals, fromBootstrap, voteAfterPeers } from '@macp-agent/core';
import { assessWithAgent, buildAgent } from '@macp-agent/template-langchain/chain';
import { readTransaction, voteFor } from '@macp-agent/template-langchain/decide';
import { assessOrAbstain, loadModel } from '@macp-agent/template-langchain/model';
import { INSTRUCTIONS, recommend } from './decide.js';
import { growthTools } from './tools.js';

// The langchain template's evaluator with its own rules and tools; the agent and the model seam are the template's.
const agent = fromBootstrap();
const { model, callbacks, timeoutMs } = await loadModel(agent, (facts) => recommend(readTransaction(facts)));
const chain = buildAgent({ model, tools: growthTools, callbacks });
const abstain = (reason: string): void => agent.report({ type: 'abstained', reason });

await agent
  .use(
    evaluateProposals({
      evaluate: (_proposal, { inputs, signal }) =>
        assessOrAbstain((stop) => assessWithAgent(chain, { instructions: INSTRUCTIONS, facts: { ...readTransaction(inputs) } }, stop), {
          signal,
          timeoutMs,
          abstain,
        }),
    }),
  )
  .use(voteAfterPeers({ vote: ({ own }) => voteFor(own) }))
  .run();
