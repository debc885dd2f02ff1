import { CommitmentPayload, SessionStartPayload, VotePayload } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { MacpSessionError } from '../errors.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { DecisionSession } from './decision-session.js';

async function setUp() {
  const runtime = await ScriptedRuntime.start();
  const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('coord') });
  return {
    runtime,
    client,
    async [Symbol.asyncDispose](): Promise<void> {
      await client.close();
      runtime.close();
    },
  };
}

const START = { intent: 'ship it', participants: ['coord', 'a'], ttlMs: 60_000 };
const COMMIT = { action: 'decision.selected', authorityScope: 'team', reason: 'agreed' };

describe('a decision session', () => {
  it('binds the versions of start before those of the constructor, and echoes what was bound', async () => {
    await using world = await setUp();
    const session = new DecisionSession(world.client, { configurationVersion: 'config.a', policyVersion: 'policy.a' });
    await session.start({ ...START, policyVersion: 'policy.b' });
    await session.propose({ proposalId: 'p1', option: 'ship' });
    await session.commit(COMMIT);
    const [start, , commit] = world.runtime.sent;
    expect(SessionStartPayload.decode(start?.payload ?? Buffer.alloc(0))).toMatchObject({
      modeVersion: '1.0.0',
      configurationVersion: 'config.a',
      policyVersion: 'policy.b',
    });
    expect(CommitmentPayload.decode(commit?.payload ?? Buffer.alloc(0))).toMatchObject({
      modeVersion: '1.0.0',
      configurationVersion: 'config.a',
      policyVersion: 'policy.b',
      outcomePositive: true,
    });
    expect(session.policyVersion).toBe('policy.b');
  });

  it.each(['GetSession', 'SessionStart on the stream'])('learns the versions of a session that it joined from %s', async (from) => {
    await using world = await setUp();
    const starter = new DecisionSession(world.client);
    await starter.start({ ...START, configurationVersion: 'config.z', policyVersion: 'policy.z' });
    await starter.propose({ proposalId: 'p1', option: 'ship' });
    const joined = new DecisionSession(world.client, { sessionId: starter.sessionId });
    if (from !== 'GetSession') await joined.openStream().read();
    await joined.commit(COMMIT);
    const payload = CommitmentPayload.decode(
      world.runtime.sent.at(-1)?.payload ?? world.runtime.sessions.get(starter.sessionId)?.log.at(-1)?.payload ?? Buffer.alloc(0),
    );
    expect(payload).toMatchObject({ configurationVersion: 'config.z', policyVersion: 'policy.z' });
    joined.close();
  });

  it('sends words in their canonical case', async () => {
    await using world = await setUp();
    const session = new DecisionSession(world.client);
    await session.start(START);
    await session.propose({ proposalId: 'p1', option: 'ship' });
    await session.evaluate({ proposalId: 'p1', recommendation: 'approve', confidence: 0.5 });
    await session.raiseObjection({ proposalId: 'p1', reason: 'late', severity: 'Critical' });
    await session.vote({ proposalId: 'p1', vote: 'Abstain' });
    expect(VotePayload.decode(world.runtime.sent.at(-1)?.payload ?? Buffer.alloc(0)).vote).toBe('ABSTAIN');
    expect(session.projection.evaluations[0]?.recommendation).toBe('APPROVE');
    expect(session.projection.hasBlockingObjection('p1')).toBe(true);
  });

  it.each<[string, (session: DecisionSession) => Promise<unknown>]>([
    ['proposalId must be non-empty', (session) => session.propose({ proposalId: ' ', option: 'x' })],
    ['option must be non-empty', (session) => session.propose({ proposalId: 'p1', option: '' })],
    ['vote must be one of', (session) => session.vote({ proposalId: 'p1', vote: 'maybe' })],
    ['recommendation must be one of', (session) => session.evaluate({ proposalId: 'p1', recommendation: 'no', confidence: 1 })],
    ['confidence must be between', (session) => session.evaluate({ proposalId: 'p1', recommendation: 'REJECT', confidence: Number.NaN })],
    ['severity must be one of', (session) => session.raiseObjection({ proposalId: 'p1', reason: 'x', severity: 'huge' })],
    ['action must be non-empty', (session) => session.commit({ ...COMMIT, action: '' })],
    ['ttlMs must be', (session) => session.start({ ...START, ttlMs: 0 })],
    ['participants must hold', (session) => session.start({ ...START, participants: [] })],
    ['named twice', (session) => session.start({ ...START, participants: ['a', 'a'] })],
    ['session_id must be UUID', (session) => new DecisionSession(session.client, { sessionId: 'short' }).start(START)],
  ])('fails before sending: %s', async (text, act) => {
    await using world = await setUp();
    const error = await act(new DecisionSession(world.client)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpSessionError);
    expect(String(error)).toContain(text);
    expect(world.runtime.sent).toHaveLength(0);
  });

  it('shows votes in its projection without a stream', async () => {
    await using world = await setUp();
    const session = new DecisionSession(world.client);
    await session.start(START);
    await session.propose({ proposalId: 'p1', option: 'ship' });
    await session.propose({ proposalId: 'p2', option: 'wait' });
    await session.vote({ proposalId: 'p1', vote: 'APPROVE' });
    expect(session.projection.voteTotals()).toEqual({ p1: 1, p2: 0 });
    expect(session.projection.majorityWinner()).toBe('p1');
    expect(session.projection.voteRatio('p1')).toBe(1);
    expect(session.projection.phase).toBe('Voting');
    await session.commit(COMMIT);
    expect(session.projection.isPositiveOutcome).toBe(true);
    expect(session.view?.state).toBe('RESOLVED');
  });
});
