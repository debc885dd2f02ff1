import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { decide, readTransaction } from './decide.js';

// Opens the session, proposes, waits for the votes and commits. Everything it needs to connect is in the bootstrap, which runAgent reads
// (by fromBootstrap): the file that MACP_BOOTSTRAP_FILE names, or variables. A cancel callback in it is served until the session ends.
explainFailures();
await runAgent((agent) => agent.use(commitAfterVotes({ decide: (tally, { inputs }) => decide(tally, readTransaction(inputs)) })), {
  requireInitiator: true,
});
