import { DecisionSession, loadBootstrap, MacpClient, MacpIdentityMismatchError, Auth, type Bootstrap } from '@macp-agent/core';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let runtime: Runtime;
beforeEach(async () => {
  runtime = await startRuntime({
    identities: [
      { token: 'tok-coordinator', sender: 'coordinator' },
      { token: 'tok-alice', sender: 'alice', canStartSessions: false },
    ],
  });
});
afterEach(() => runtime.close());

const sessionId = randomUUID();

function bootstrapOf(participantId: string): Bootstrap {
  return loadBootstrap({
    run: { runId: randomUUID(), sessionId },
    participant: { participantId },
    runtime: { address: runtime.address, bearerToken: `tok-${participantId}`, tls: false, allowInsecure: true },
    ...(participantId === 'coordinator' && {
      initiator: {
        sessionStartPayload: {
          intent: 'ship the canary',
          participants: ['coordinator', 'alice'],
          ttlMs: 60_000,
          modeVersion: '1.0.0',
          configurationVersion: 'config.default',
        },
      },
    }),
    execution: { modeName: 'macp.mode.decision.v1' },
  });
}

async function initiator(bootstrap: Bootstrap): Promise<string> {
  if (bootstrap.initiator === undefined) throw new Error('this agent is not the initiator');
  // #region initiator
  const { runtime, participant, run } = bootstrap;
  const auth = Auth.bearer(runtime.bearerToken, { expectedSender: participant.participantId });
  const client = new MacpClient({ address: runtime.address, allowInsecure: !runtime.tls, auth });
  await client.initialize();

  const session = new DecisionSession(client, { sessionId: run.sessionId, auth });

  // 1. SessionStart: the runtime binds this agent's identity as the initiator of the session.
  await session.start(bootstrap.initiator.sessionStart);

  // 2. The stream, for everything that follows.
  const stream = session.openStream();

  // 3. The first message of the mode.
  await session.propose({ proposalId: 'p1', option: 'deploy-v1', rationale: 'canary checks passed' });

  for await (const envelope of stream.responses()) {
    if (envelope.messageType === 'Vote') {
      await session.commit({ action: 'decision.selected', authorityScope: 'deploy', reason: 'alice approved' });
    }
  }
  await client.close();
  // #endregion
  return session.view?.state ?? 'none';
}

async function evaluator(bootstrap: Bootstrap): Promise<string> {
  // #region evaluator
  const { runtime, participant, run } = bootstrap;
  const auth = Auth.bearer(runtime.bearerToken, { expectedSender: participant.participantId });
  const client = new MacpClient({ address: runtime.address, allowInsecure: !runtime.tls, auth });
  await client.initialize();

  const session = new DecisionSession(client, { sessionId: run.sessionId, auth });
  const stream = session.openStream(); // works before and after SessionStart

  for await (const envelope of stream.responses()) {
    if (envelope.messageType === 'Proposal') {
      await session.evaluate({ proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9 });
      await session.vote({ proposalId: 'p1', vote: 'APPROVE' });
    }
  }
  await client.close();
  // #endregion
  return session.view?.state ?? 'none';
}

describe('the direct-authentication guide', () => {
  it('takes an initiator and an evaluator, started first, to one commitment', async () => {
    const second = evaluator(bootstrapOf('alice'));
    const first = initiator(bootstrapOf('coordinator'));
    expect(await Promise.all([first, second])).toEqual(['RESOLVED', 'RESOLVED']);
  });

  it('catches a wrong sender before the wire', async () => {
    await using client = new MacpClient({ address: runtime.address, allowInsecure: true });
    // #region identity-mismatch
    const auth = Auth.bearer('tok-alice', { expectedSender: 'alice' });
    const session = new DecisionSession(client, { auth });
    const attempt = session.vote({ proposalId: 'p1', vote: 'APPROVE', sender: 'mallory' });
    // #endregion
    await expect(attempt).rejects.toBeInstanceOf(MacpIdentityMismatchError);
    await expect(attempt).rejects.toMatchObject({ expected: 'alice', actual: 'mallory', expectedSender: 'alice', actualSender: 'mallory' });
  });

  it('cancels with the identity of the initiator', async () => {
    const bootstrap = bootstrapOf('coordinator');
    const auth = Auth.bearer(bootstrap.runtime.bearerToken, { expectedSender: 'coordinator' });
    await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth });
    const session = new DecisionSession(client, { sessionId: randomUUID(), auth });
    await session.start({ intent: 'ship', participants: ['coordinator', 'alice'], ttlMs: 60_000 });
    // #region cancel
    const ack = await session.cancel('the canary failed'); // ack.sessionState is 'SESSION_STATE_CANCELLED'
    // #endregion
    expect(ack.sessionState).toBe('SESSION_STATE_CANCELLED');
  });
});
