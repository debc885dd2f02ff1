import { evaluateProposals, fromBootstrap, voteAfterPeers, type Evaluation } from '@macp-agent/core';

// Scripted evaluators, so that `npm start` shows a whole decision. When the real ones join over a shared runtime, this folder and its
// entry in scenario.yaml can go.

/** What each role answers, by how much the device is trusted (0 to 1). A role without a script stays silent. */
const SCRIPT: Readonly<Record<string, (trust: number) => Evaluation>> = {
  fraud(trust) {
    if (trust >= 0.4) return { recommendation: 'APPROVE', confidence: 0.85, reason: 'a known device' };
    const reason = trust < 0.1 ? 'the device is known to be bad' : 'an unfamiliar device';
    return { recommendation: 'BLOCK', confidence: 0.9, reason, objection: { severity: trust < 0.1 ? 'critical' : 'high', reason } };
  },
  growth: () => ({ recommendation: 'APPROVE', confidence: 0.9, reason: 'a customer worth keeping' }),
  compliance(trust) {
    if (trust < 0.1) return { recommendation: 'BLOCK', confidence: 0.8, reason: 'the identity behind the device cannot be established' };
    return { recommendation: 'REVIEW', confidence: 0.75, reason: 'within the limits, with a second factor' };
  },
};

const agent = fromBootstrap();
const script = SCRIPT[agent.bootstrap?.participant.role ?? ''];
if (script === undefined) {
  agent.report({ type: 'abstained', reason: 'no script for this role in peers/evaluator.ts' });
} else {
  agent.use(evaluateProposals({ evaluate: (_proposal, { inputs }) => script(Number(inputs['deviceTrustScore'])) })).use(
    voteAfterPeers({
      vote({ own }) {
        if (own === undefined) return { vote: 'ABSTAIN', reason: 'no assessment' };
        return { vote: own.recommendation === 'APPROVE' || own.recommendation === 'REVIEW' ? 'APPROVE' : 'REJECT', reason: own.reason };
      },
    }),
  );
}
await agent.run();
