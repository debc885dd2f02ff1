import { commitAfterVotes, runAgent } from '@macp-agent/core';

await runAgent((agent) =>
  agent.use(
    commitAfterVotes({
      decide({ votes }) {
        const approve = votes.filter(({ vote }) => vote === 'APPROVE').length;
        const passed = approve * 2 > votes.length;
        return {
          action: passed ? 'refund.approved' : 'refund.declined',
          outcomePositive: passed,
          authorityScope: 'refunds',
          reason: `${approve} of ${votes.length} approve`,
        };
      },
    }),
  ),
);
