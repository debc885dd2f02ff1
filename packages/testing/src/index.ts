export { startFakeOpenAi, type FakeOpenAi, type FakeReply, type FakeRequest } from './fake-openai.js';
export { startFaultProxy, type FaultProxy } from './fault-proxy.js';
export { loadPolicy } from './load-policy.js';
export { runAgents, type AgentsRun, type RunAgentsOptions, type Wiring } from './run-agents.js';
export { scriptedPeer, type PeerScript } from './scripted-peer.js';
export { startTestRuntime, type TestBootstrap, type TestRuntime, type TestRuntimeOptions } from './start-test-runtime.js';
export { transcriptLines, votesIn, type TranscriptEntry } from './transcript.js';
