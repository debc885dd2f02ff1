import { evaluateProposals, runAgent, voteAfterPeers } from '@macp-agent/core';

await runAgent((agent) =>
  agent
    .use(
      evaluateProposals({
        evaluate: (_proposal, { inputs }) =>
          inputs.amount > 500
            ? { recommendation: 'BLOCK', confidence: 0.9, reason: 'more than 500' }
            : { recommendation: 'APPROVE', confidence: 0.9, reason: 'a small amount' },
      }),
    )
    .use(voteAfterPeers({ vote: ({ own }) => ({ vote: own?.recommendation === 'APPROVE' ? 'APPROVE' : 'REJECT', reason: own?.reason ?? 'no opinion' }) })),
);
