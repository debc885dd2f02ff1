// Our runtime in a process of its own, with tokens: four agents, a sender, and two observers that may read every session and send nothing.
import { startRuntime } from '@macp-agent/runtime';
import { serveHelper } from './measure.mjs';

const senders = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent', 'bench'];
const observers = ['observer', 'raw-observer'];
const runtime = await startRuntime({
  identities: [
    ...senders.map((sender) => ({ token: sender, sender })),
    ...observers.map((sender) => ({ token: sender, sender, canStartSessions: false, isObserver: true })),
  ],
});
await serveHelper(runtime.address);
await runtime.close(0);
