import { commitAfterVotes, fromBootstrap } from '@macp-agent/core';
import { decide } from './decide.js';

// The node template's initiator with the decision of this pack.
await fromBootstrap().use(commitAfterVotes({ decide })).run();
