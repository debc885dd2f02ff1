import { describe, expect, it } from 'vitest';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { Cast, INITIATOR, messages, SPECIALISTS } from './agent.test.support.js';

describe('a kickoff that is prepared', () => {
  it('is sent instead of the one in the bootstrap', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const rationales: unknown[] = [];
    const initiator = cast.participant(INITIATOR, {
      initiator: {
        sessionStart: { intent: 'decide', participants: [INITIATOR, 'fraud-agent'], ttlMs: 60_000 },
        kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'approve it', rationale: 'draft' } },
        prepareKickoff: async (payload) => ({ ...payload, rationale: `${String(payload['rationale'])}, revised` }),
      },
    });
    initiator.on('Proposal', ({ payload }, { actions }) => {
      rationales.push(payload.rationale);
      return actions.cancel('enough');
    });
    await initiator.run();
    expect(rationales).toEqual(['draft, revised']);
  });

  it('may be prepared by the code that adds the strategies, which wins', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const initiator = cast.participant(INITIATOR, {
      initiator: {
        sessionStart: { intent: 'decide', participants: [INITIATOR, 'fraud-agent'], ttlMs: 60_000 },
        kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'approve it', rationale: 'draft' } },
        prepareKickoff: (payload) => payload,
      },
    });
    const rationales: unknown[] = [];
    initiator
      .prepareKickoff((payload) => ({ ...payload, rationale: 'revised' }))
      .on('Proposal', ({ payload }, { actions }) => {
        rationales.push(payload.rationale);
        return actions.cancel('enough');
      });
    await initiator.run();
    expect(rationales).toEqual(['revised']);
  });

  it('is not missed in a session that somebody has cancelled before it', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const initiator = cast.participant(INITIATOR, {
      initiator: {
        sessionStart: { intent: 'decide', participants: [INITIATOR, 'fraud-agent'], ttlMs: 60_000 },
        kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'approve it' } },
      },
    });
    initiator.prepareKickoff(async (payload) => {
      await initiator.session.cancel('too late');
      return payload;
    });
    expect((await initiator.run()).state).toBe('CANCELLED');
  });
});

describe('an agent that is started again', () => {
  it('does not act twice, even when the runtime has lost its counters', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const initiator = cast.initiator();
    const running = initiator.run();
    const first = cast.specialist('fraud-agent', { peerWaitMs: 20 });
    const before = first.run();
    await runtime.until(() => messages(runtime, cast).includes('Vote fraud-agent'));
    first.stop('crash');
    await before;
    const again = cast.specialist('fraud-agent').run();
    const others = SPECIALISTS.slice(1).map((name) => cast.specialist(name).run());
    expect((await running).state).toBe('RESOLVED');
    expect((await again).state).toBe('RESOLVED');
    await Promise.all(others);
    expect(messages(runtime, cast).filter((line) => line.endsWith(' fraud-agent'))).toEqual(['Evaluation fraud-agent', 'Vote fraud-agent']);
  });

  it('finds its own session as the initiator and goes on with it', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const first = cast.initiator();
    const before = first.run();
    await runtime.until(() => messages(runtime, cast).length >= 2);
    first.stop('crash');
    await before;
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    expect((await cast.initiator().run()).commitment?.action).toBe('approve');
    await Promise.all(evaluators);
    expect(messages(runtime, cast)).toHaveLength(10);
  });

  it('does not take over a session of somebody else', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const running = cast.initiator();
    const first = running.run();
    await runtime.until(() => messages(runtime, cast).length >= 2);
    const thief = cast.participant('thief', { initiator: { sessionStart: { intent: 'x', participants: ['thief'], ttlMs: 1_000 } } });
    await expect(thief.run()).rejects.toMatchObject({ code: 'SESSION_ALREADY_EXISTS' });
    running.stop();
    await first;
  });
});
