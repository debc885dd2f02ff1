/** An agent as its own process: what a template does, with rules that always approve. Ends by itself when the session has ended. */
import { commitAfterVotes, evaluateProposals, explainFailures, fromBootstrap, voteAfterPeers } from '../index.js';

explainFailures();
const participant = fromBootstrap();
if (participant.bootstrap?.initiator === undefined) {
  participant
    .use(
      evaluateProposals({
        evaluate(_proposal, { inputs }) {
          if (inputs['broken'] === true) throw new RangeError('a mistake of the agent');
          return { recommendation: 'APPROVE', confidence: 0.9, reason: 'fine' };
        },
      }),
    )
    .use(voteAfterPeers({ vote: () => ({ vote: 'APPROVE', reason: 'fine' }) }));
} else {
  participant.use(
    commitAfterVotes({
      decide: ({ votes }) => ({
        action: 'approve',
        outcomePositive: true,
        reason: `${votes.length} votes`,
        vote: { vote: 'APPROVE', reason: 'mine' },
        authorityScope: 'all',
      }),
    }),
  );
}
await participant.run();
