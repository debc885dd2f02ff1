import { commitAfterVotes } from '@macp-agent/core';
import { runAgents, scriptedPeer, transcriptLines, votesIn } from '@macp-agent/testing';
import { expect, it } from 'vitest';

it('commits what two scripted peers vote for', async () => {
  // #region session
  const { result, transcript } = await runAgents({
    inputs: { amount: 900 },
    agents: {
      lead: (agent) =>
        agent.use(
          commitAfterVotes({
            decide: ({ votes }) => {
              const passed = votes.every(({ vote }) => vote === 'APPROVE');
              return { action: passed ? 'refund.approved' : 'refund.declined', outcomePositive: passed, authorityScope: 'refunds', reason: 'the votes' };
            },
          }),
        ),
      ann: scriptedPeer({ evaluation: { recommendation: 'APPROVE' }, vote: 'APPROVE' }),
      bob: scriptedPeer({ objection: { severity: 'high' }, vote: 'REJECT' }),
    },
  });
  expect(result).toMatchObject({ state: 'RESOLVED', commitment: { action: 'refund.declined', outcomePositive: false } });
  expect(votesIn(transcript)).toEqual({ ann: 'APPROVE', bob: 'REJECT' });
  // #endregion
  expect(transcriptLines(transcript).some((line) => line.includes('Objection'))).toBe(true);
});
