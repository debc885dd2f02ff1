import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, expect, it, vi } from 'vitest';
import { Auth, DecisionSession, loadBootstrap, MacpClient, newSessionId, type ReceivedEnvelope } from './index.js';

type OnEnvelope = (session: DecisionSession, envelope: ReceivedEnvelope) => Promise<unknown>;

/** The agent of the onboarding guide as it is printed there; only the loops do something. */
async function agent(onEnvelope: OnEnvelope): Promise<void> {
  const bootstrap = loadBootstrap();
  const auth = Auth.bearer(process.env['MACP_RUNTIME_TOKEN'] ?? '', { expectedSender: bootstrap.participant.participantId });
  const client = new MacpClient({ address: process.env['MACP_RUNTIME_ADDRESS'] ?? '', secure: process.env['MACP_RUNTIME_TLS'] === 'true', auth });
  await client.initialize();
  const session = new DecisionSession(client, { sessionId: bootstrap.run.sessionId, auth });
  if (bootstrap.initiator) {
    await session.start(bootstrap.initiator.sessionStart);
    const stream = session.openStream();
    if (bootstrap.initiator.kickoff) {
      await session.propose(bootstrap.initiator.kickoff.payload);
    }
    for await (const envelope of stream.responses()) await onEnvelope(session, envelope);
  } else {
    const stream = session.openStream();
    for await (const envelope of stream.responses()) await onEnvelope(session, envelope);
  }
  await client.close();
}

afterEach(() => {
  vi.unstubAllEnvs();
});

it('runs the two agents of the onboarding guide, the evaluator first', async () => {
  await using runtime = await startRuntime();
  const folder = await mkdtemp(join(tmpdir(), 'macp-guide-'));
  const sessionId = newSessionId();
  const seen: Record<string, string[]> = { 'risk-agent': [], 'fraud-agent': [] };

  /** All that the snippet reads from its surroundings is read before its first wait, so two agents fit in one process. */
  const run = async (participantId: string, initiator: object | undefined, onEnvelope: OnEnvelope): Promise<{ done: Promise<void> }> => {
    const file = join(folder, `${participantId}.json`);
    const runtimePart = { address: runtime.address, bearerToken: participantId, tls: false };
    await writeFile(file, JSON.stringify({ run: { runId: sessionId, sessionId }, participant: { participantId }, runtime: runtimePart, initiator }), {
      mode: 0o600,
    });
    vi.stubEnv('MACP_BOOTSTRAP_FILE', file);
    vi.stubEnv('MACP_RUNTIME_TOKEN', participantId);
    vi.stubEnv('MACP_RUNTIME_ADDRESS', runtime.address);
    const done = agent(async (session, envelope) => {
      seen[participantId]?.push(envelope.messageType);
      await onEnvelope(session, envelope);
    });
    return { done };
  };

  const evaluator = await run('fraud-agent', undefined, async (session, { messageType }) => {
    if (messageType === 'Proposal') await session.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9 });
  });
  const sessionStart = {
    intent: 'review',
    participants: ['risk-agent', 'fraud-agent'],
    ttlMs: 60_000,
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    policyVersion: 'policy.default',
  };
  const kickoff = { messageType: 'Proposal', payload: { proposalId: 'p1', option: 'approve' } };
  const initiator = await run('risk-agent', { sessionStart, kickoff }, async (session, { messageType }) => {
    if (messageType === 'Evaluation') await session.commit({ action: 'decision.selected', authorityScope: 'run', reason: 'evaluated' });
  });
  await Promise.all([evaluator.done, initiator.done]);

  const all = ['SessionStart', 'Proposal', 'Evaluation', 'Commitment'];
  expect(seen).toEqual({ 'risk-agent': all, 'fraud-agent': all });
  await rm(folder, { recursive: true });
});
