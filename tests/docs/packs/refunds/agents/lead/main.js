import { commitAfterVotes, fromBootstrap } from '@macp-agent/core';

await fromBootstrap()
  .use(
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
  )
  .run();
