import type { MacpClient } from '@macp-agent/core';
import { DecisionSession } from '@macp-agent/core';
import { isMacpError, type Envelope } from '@macp-agent/protocol';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unexplained, unexplainedEnvelope } from './known-differences.js';
import { POLICIES, registerPolicies } from './policies.js';
import { envelopes, withIds } from './random-envelope.js';
import { MODES, play, scripts, SENDERS, type Sender } from './random-session.js';
import { RUNTIMES, RuntimeProcess } from './runtimes.js';

// The same random input on both runtimes, step by step. A fixed seed, so that every run is the same; other ones through INTEROP_SEED.
const seed = Number(process.env['INTEROP_SEED'] ?? 1);
const numRuns = Number(process.env['INTEROP_RUNS'] ?? 60);

describe.runIf(RUNTIMES.length === 2)('random input, ours and reference', () => {
  let runtimes: RuntimeProcess[];
  let clients: Record<Sender, MacpClient>[];

  beforeAll(async () => {
    runtimes = await Promise.all(RUNTIMES.map((kind) => RuntimeProcess.start(kind)));
    clients = await Promise.all(
      runtimes.map(async (runtime) => {
        const pairs = await Promise.all(SENDERS.map(async (sender) => [sender, await runtime.client(sender)] as const));
        return Object.fromEntries(pairs) as Record<Sender, MacpClient>;
      }),
    );
    await Promise.all(clients.map(({ lead }) => registerPolicies(lead)));
  });
  afterAll(() => Promise.all(runtimes.map((runtime) => runtime[Symbol.asyncDispose]())));

  it.each(MODES)('gets the same answers in sessions of %s', { timeout: 300_000 }, async (mode) => {
    const own = POLICIES.filter((policy) => policy.mode === mode || policy.mode === '*').map(({ policyId }) => policyId);
    const foreign = POLICIES.filter((policy) => policy.mode !== mode && policy.mode !== '*').map(({ policyId }) => policyId);
    const policies = ['', 'policy.default', 'policy.nowhere', ...own, ...own, ...foreign.slice(0, 1)];
    const property = fc.asyncProperty(scripts(mode, policies), async (script) => {
      const [ours = [], theirs = []] = await Promise.all(clients.map((each) => play(script, each)));
      expect(unexplained(ours, theirs, script)).toBeUndefined();
    });
    await fc.assert(property, { seed, numRuns });
  });

  it('gets the same answers to odd envelopes', { timeout: 300_000 }, async () => {
    const guests = await Promise.all(runtimes.map((runtime) => runtime.client('lead', { anySender: true })));
    const { sessionId } = new DecisionSession(clients[0]?.lead as MacpClient);
    for (const { lead } of clients) await new DecisionSession(lead, { sessionId }).start({ intent: 'known', participants: ['lead', 'ann'], ttlMs: 600_000 });
    const property = fc.asyncProperty(envelopes, async (envelope) => {
      const sent = withIds(envelope, sessionId);
      const [ours = '', theirs = ''] = await Promise.all(guests.map((client) => answer(client, sent)));
      expect(unexplainedEnvelope(ours, theirs, sent)).toBeUndefined();
    });
    await fc.assert(property, { seed, numRuns: numRuns * 20 });
  });
});

async function answer(client: MacpClient, envelope: Envelope): Promise<string> {
  try {
    const { ok, duplicate, error } = await client.send(envelope, { raiseOnNack: false });
    return ok ? `ok${duplicate ? ' duplicate' : ''}` : `refused ${error?.code}`;
  } catch (error) {
    if (!isMacpError(error)) throw error;
    return `failed ${error.code}`;
  }
}
