import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { outcomeOf, wantsSuspension } from '@macp-agent/example-risk-agent/commitment';
import { loadSuspendHoldMs } from '@macp-agent/example-risk-agent/load-settings';
import { draft, ruleDrafts } from '@macp-agent/template-langchain/draft';
import { loadModel } from '@macp-agent/template-langchain/model';

// The langchain template's initiator with the coordinator's rules: they decide, the model writes the reason.
explainFailures();
const holdMs = loadSuspendHoldMs(process.env);

await runAgent(async (agent) => {
  const clerk = await loadModel(agent, () => undefined, ruleDrafts);
  agent.use(
    commitAfterVotes({
      async beforeDeciding({ actions, delay, inputs }) {
        if (!wantsSuspension(inputs)) return;
        await actions.suspend('hold for a person to look at');
        await delay(holdMs);
        await actions.resume('looked at');
      },
      async decide(tally, { signal, log }) {
        const outcome = outcomeOf(tally, tally.policyHints);
        const instructions = 'You close a payment review. Put the reason of the decision into one or two sentences; keep its numbers.';
        const facts = { action: outcome.action, votes: tally.votes, objections: tally.objections };
        return { ...outcome, reason: await draft(clerk, { instructions, facts, proposed: outcome.reason, log, signal }) };
      },
    }),
  );
});
