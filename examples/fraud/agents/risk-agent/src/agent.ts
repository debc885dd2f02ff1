import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { outcomeOf, wantsSuspension } from './commitment.js';
import { loadSuspendHoldMs } from './load-settings.js';

// The node template's initiator with the coordinator's rules: every vote is awaited, the own vote comes last, then the
// commitment; the suspend demo holds the session after the last vote of the others.
explainFailures();
const holdMs = loadSuspendHoldMs(process.env);

await runAgent((agent) =>
  agent.use(
    commitAfterVotes({
      async beforeDeciding({ actions, delay, inputs }) {
        if (!wantsSuspension(inputs)) return;
        await actions.suspend('hold for a person to look at');
        await delay(holdMs);
        await actions.resume('looked at');
      },
      decide: (tally) => outcomeOf(tally, tally.policyHints),
    }),
  ),
);
