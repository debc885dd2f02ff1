import { commitAfterVotes, explainFailures, fromBootstrap } from '@macp-agent/core';
import { decide, readTransaction } from './decide.js';

// Opens the session, proposes, waits for the votes and commits. Everything it needs to connect is in the bootstrap file
// that MACP_BOOTSTRAP_FILE names; a cancel callback in it is served until the session ends.
explainFailures();
await fromBootstrap()
  .use(commitAfterVotes({ decide: (tally, { inputs }) => decide(tally, readTransaction(inputs)) }))
  .run();
