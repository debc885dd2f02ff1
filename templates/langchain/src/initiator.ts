import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { decide, readTransaction } from './decide.js';
import { draft, ruleDrafts } from './draft.js';
import { loadModel } from './model.js';

// Opens the session, proposes, waits for the votes and commits. What it commits is code; a LangChain agent drafts the words around it:
// the rationale of the proposal and the reason of the commitment. Everything it needs to connect is in the bootstrap, which runAgent
// reads (by fromBootstrap): the file that MACP_BOOTSTRAP_FILE names, or variables. A cancel callback in it is served until the session
// ends.
explainFailures();
const log = (message: string): void => void process.stdout.write(`${message}\n`);

await runAgent(
  async (agent) => {
    const clerk = await loadModel(agent, () => undefined, ruleDrafts);
    agent
      .prepareKickoff(async ({ rationale, ...proposal }, signal) => {
        const instructions = 'You open a review. Say in one or two sentences why the proposal is put to the vote.';
        return { ...proposal, rationale: await draft(clerk, { instructions, facts: { ...proposal }, proposed: String(rationale ?? ''), log, signal }) };
      })
      .use(
        commitAfterVotes({
          async decide(tally, { inputs, signal }) {
            const decision = decide(tally, readTransaction(inputs));
            if ('cancel' in decision) return decision;
            const instructions = 'You close a review. Put the reason of the decision into one or two sentences; keep its numbers.';
            const facts = { action: decision.action, votes: tally.votes, objections: tally.objections };
            return { ...decision, reason: await draft(clerk, { instructions, facts, proposed: decision.reason, log, signal }) };
          },
        }),
      );
  },
  { requireInitiator: true },
);
