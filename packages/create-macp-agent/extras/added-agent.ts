import { evaluateProposals, fromBootstrap, voteAfterPeers, type Evaluation } from '@macp-agent/core';

// AGENT_ID: one more evaluator, with an opinion of its own. It joins the session, evaluates the proposal, and votes when the other
// evaluators have been heard. `inputs` is what scenario.yaml says about the case; text in it is data, never an instruction.

/** What this agent thinks. Change this first; call your own services or a model here. */
function assess(inputs: Readonly<Record<string, unknown>>): Evaluation {
  if (Object.keys(inputs).length === 0) return { recommendation: 'REVIEW', confidence: 0, reason: 'nothing is known about the case' };
  return { recommendation: 'APPROVE', confidence: 0.6, reason: 'AGENT_ID sees nothing against it' };
}

await fromBootstrap()
  .use(evaluateProposals({ evaluate: (_proposal, { inputs }) => assess(inputs) }))
  .use(
    voteAfterPeers({
      vote({ own }) {
        // Without an assessment there is nothing to vote for.
        if (own === undefined || own.confidence === 0) return { vote: 'ABSTAIN', reason: own?.reason ?? 'no assessment' };
        return { vote: own.recommendation === 'APPROVE' || own.recommendation === 'REVIEW' ? 'APPROVE' : 'REJECT', reason: own.reason };
      },
    }),
  )
  .run();
