import { commitAfterVotes, explainFailures, runAgent } from '@macp-agent/core';
import { decide } from './decide.js';

// The node template's initiator with the decision of this pack.
explainFailures();
await runAgent((agent) => agent.use(commitAfterVotes({ decide })), { requireInitiator: true });
