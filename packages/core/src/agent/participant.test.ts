import { once } from 'node:events';
import { MacpError } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { Cast, INITIATOR, messages, SPECIALISTS } from './agent.test.support.js';
import { leastVotes } from './commit-after-votes.js';
import { evaluateProposals } from './evaluate-proposals.js';
import { voteAfterPeers } from './vote-after-peers.js';
import {
  evaluationHandler,
  functionEvaluator,
  functionVoter,
  majorityCommitter,
  commitmentHandler,
  majorityVoter,
  votingHandler,
} from './classic-strategies.js';

describe('a decision', () => {
  it('is played to its commitment, and everybody learns the same result', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    const result = await cast.initiator().run();
    expect(result).toMatchObject({
      state: 'RESOLVED',
      commitment: { action: 'approve', reason: '3 votes, 0 missing', sender: INITIATOR, commitmentId: 'p-final' },
    });
    for (const other of await Promise.all(evaluators)) expect(other).toEqual(result);
    const log = messages(runtime, cast);
    expect(log.slice(0, 2)).toEqual([`SessionStart ${INITIATOR}`, `Proposal ${INITIATOR}`]);
    expect(log).toHaveLength(10);
    expect(log.slice(-2)).toEqual([`Vote ${INITIATOR}`, `Commitment ${INITIATOR}`]);
    expect(cast.reports.get('fraud-agent')).toEqual([
      { type: 'ready', participantId: 'fraud-agent' },
      { type: 'ended', state: 'RESOLVED' },
    ]);
  });

  it('works with the strategies of the older SDK', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluators = ['a', 'b'].map((name) =>
      cast
        .participant(name)
        .on('Proposal', evaluationHandler(functionEvaluator(() => ({ recommendation: 'APPROVE', confidence: 1, reason: 'ok' }))))
        .on(
          'Evaluation',
          votingHandler(
            functionVoter(
              (projection) => projection.evaluations.length === 2,
              (projection) => majorityVoter().decideVote(projection),
            ),
          ),
        )
        .run(),
    );
    const initiator = cast
      .participant(INITIATOR, {
        initiator: {
          sessionStart: { intent: 'x', participants: [INITIATOR, 'a', 'b'], ttlMs: 60_000 },
          kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'o' } },
        },
      })
      .on('Vote', commitmentHandler(majorityCommitter({ quorumSize: 2, action: 'go', authorityScope: 's' })));
    expect(await initiator.run()).toMatchObject({ state: 'RESOLVED', commitment: { action: 'go', reason: 'p has the majority' } });
    await Promise.all(evaluators);
    expect(messages(runtime, cast)).toHaveLength(7);
  });

  it('hands every message to handlers once and in order, own ones included, and tells phases', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    const seen: string[] = [];
    const phases: string[] = [];
    const initiator = cast
      .initiator()
      .on('*', ({ seq, messageType, proposalId }) => void seen.push(`${seq} ${messageType} ${proposalId ?? '-'}`))
      .on('Proposal', ({ payload, sender, replayed }, { session }) => void seen.push(`${payload.option} by ${sender} ${replayed} ${session.initiator}`))
      .onPhaseChange('*', (phase) => void phases.push(phase));
    let ended = 0;
    initiator.onTerminal(() => void (ended += 1));
    await initiator.run();
    await Promise.all(evaluators);
    expect(seen.slice(0, 3)).toEqual(['1 SessionStart -', `approve it by ${INITIATOR} false ${INITIATOR}`, '2 Proposal p']);
    expect(seen.map((line) => line.split(' ')[0]).filter((word) => Number(word) > 0)).toEqual(Array.from({ length: 10 }, (_none, index) => String(index + 1)));
    // The kickoff was acknowledged before the stream was opened, so the first phase to be seen is the one after it.
    expect(phases).toEqual(['Evaluation', 'Voting', 'Committed']);
    expect(ended).toBe(1);
  });

  it('starts with the kickoff of any mode', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const participant = cast.participant('boss', {
      mode: 'macp.mode.task.v1',
      initiator: {
        sessionStart: { intent: 'x', participants: ['boss', 'worker'], ttlMs: 60_000 },
        kickoff: { messageType: 'TaskRequest', payload: { taskId: 't', title: 'a', instructions: 'b', requestedAssignee: 'worker' } },
      },
    });
    participant.on('TaskRequest', (_event, { actions }) => actions.cancel('enough'));
    expect(await participant.run()).toEqual({ state: 'CANCELLED', reason: 'enough' });
    expect(messages(runtime, cast)).toEqual(['SessionStart boss', 'TaskRequest boss']);
  });
});

describe('votes that do not come', () => {
  it('cancel the session when too few came, naming who is missing', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.slice(0, 2).map((name) => cast.specialist(name, { peerWaitMs: 20 }).run());
    const result = await cast.initiator({ voteWaitMs: 300 }).run();
    expect(result).toEqual({ state: 'CANCELLED', reason: 'only 2 of 3 needed votes came in time; missing: compliance-agent' });
    expect((await Promise.all(evaluators)).map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('are named in the commitment when enough others came', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluators = SPECIALISTS.slice(0, 2).map((name) => cast.specialist(name, { peerWaitMs: 20 }).run());
    const bootstrap = { execution: { policyHints: { type: 'majority', threshold: 0.5 } }, timing: { voteWaitMs: 300 }, session: { context: {} } };
    const result = await cast.initiator({}, {}, { bootstrap: bootstrap as never }).run();
    expect(result.commitment?.reason).toBe('2 votes, 1 missing (no vote from compliance-agent)');
    await Promise.all(evaluators);
  });
});

describe('a handler that is at work when the session ends', () => {
  const ENDS = {
    CANCELLED: (cast: Cast) => cast.participant(INITIATOR).session.cancel('enough'),
    RESOLVED: (cast: Cast) => cast.participant(INITIATOR).actions.commit({ action: 'approve', authorityScope: 'all', reason: 'enough' }),
  };
  it.each(Object.entries(ENDS))('has its signal fire (%s), and what came after it is handled all the same', async (state, end) => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const seen: string[] = [];
    const evaluator = cast.participant('fraud-agent').on('Proposal', async (_event, { signal }) => {
      await end(cast);
      await once(signal, 'abort');
      seen.push('signal');
      throw new Error('cut short, which is no failure');
    });
    evaluator.on('Commitment', () => void seen.push('Commitment'));
    const initiator = cast.initiator();
    expect((await Promise.all([initiator.run(), evaluator.run()])).map((result) => result.state)).toEqual([state, state]);
    expect(seen).toEqual(state === 'RESOLVED' ? ['signal', 'Commitment'] : ['signal']);
  });
});

describe('errors', () => {
  it('of a handler that began after the end count as ever', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluator = cast.participant('fraud-agent').on('Proposal', async (_event, { signal }) => {
      await cast.participant(INITIATOR).actions.commit({ action: 'approve', authorityScope: 'all', reason: 'enough' });
      await once(signal, 'abort');
    });
    evaluator.on('Commitment', () => Promise.reject(new RangeError('a mistake')));
    const initiator = cast.initiator().run();
    await expect(evaluator.run()).rejects.toMatchObject({ code: 'HANDLER_FAILED', cause: new RangeError('a mistake') });
    await initiator;
  });

  it('of a handler fail the run, keep their cause and leave nothing open', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const cause = new Error('broken');
    const initiator = cast.initiator().on('Proposal', () => {
      throw cause;
    });
    await expect(initiator.run()).rejects.toMatchObject({ code: 'HANDLER_FAILED', cause });
    expect(cast.reports.get(INITIATOR)?.at(-1)).toMatchObject({ type: 'ended', state: 'FAILED' });
    expect(initiator.isStopped).toBe(true);
  });

  it('of a strategy fail the run too', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluator = cast.participant('fraud-agent').use(evaluateProposals({ evaluate: () => Promise.reject(new TypeError('x')) }));
    const initiator = cast.initiator();
    const running = initiator.run();
    await expect(evaluator.run()).rejects.toMatchObject({ code: 'HANDLER_FAILED', message: expect.stringContaining('TypeError') as string });
    initiator.stop('test over');
    expect(await running).toEqual({ state: 'STOPPED', reason: 'test over' });
  });

  it('can be reported only, by a function that decides', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const seen: unknown[] = [];
    const config = { onHandlerError: (error: unknown) => (seen.push(error), 'report' as const) };
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name).run());
    const initiator = cast.initiator({}, {}, config).on('Vote', () => {
      throw new Error('again and again');
    });
    expect((await initiator.run()).state).toBe('RESOLVED');
    expect(seen).toHaveLength(4);
    await Promise.all(evaluators);
  });

  it('of the runtime are reported with the message type and the step that fixes them', async () => {
    await using runtime = await ScriptedRuntime.start({
      send: (envelope, _count, answer) => {
        if (envelope.messageType !== 'SessionStart') return false;
        const error = { code: 'FORBIDDEN', message: 'no', sessionId: '', messageId: envelope.messageId, details: Buffer.alloc(0) };
        answer(null, {
          ack: { ok: false, duplicate: false, messageId: '', sessionId: '', acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_UNSPECIFIED', error },
        });
        return true;
      },
    });
    await using cast = new Cast(runtime.address);
    await expect(cast.initiator().run()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(cast.reports.get(INITIATOR)).toMatchObject([
      { type: 'ready' },
      { type: 'refused', code: 'FORBIDDEN', messageType: 'SessionStart', step: 'step 2' },
      { type: 'ended', state: 'FAILED' },
    ]);
  });

  it('of a model make the agent abstain, and the session goes on', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const silent = (): never => {
      throw new MacpError('MODEL_FAILED', 'no answer');
    };
    const evaluators = SPECIALISTS.slice(1).map((name) => cast.specialist(name, { peerWaitMs: 100 }).run());
    const abstaining = cast
      .participant('fraud-agent')
      .use(voteAfterPeers({ vote: silent }))
      .use(evaluateProposals({ evaluate: silent }))
      .run();
    expect((await cast.initiator().run()).state).toBe('RESOLVED');
    await Promise.all([...evaluators, abstaining]);
    expect(cast.reports.get('fraud-agent')).toContainEqual({ type: 'abstained', reason: 'no answer' });
    expect(messages(runtime, cast).filter((line) => line.endsWith('fraud-agent'))).toEqual(['Vote fraud-agent']);
  });

  it('of a terminal handler fail the run', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const participant = cast.participant('a').onTerminal(() => {
      throw new Error('x');
    });
    const running = participant.run();
    participant.stop();
    await expect(running).rejects.toMatchObject({ code: 'HANDLER_FAILED' });
  });
});

describe('voting', () => {
  it('does not wait for peers who have all spoken, nor for the initiator', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    // Far longer than the test may take: only the evaluations can make them vote.
    const evaluators = SPECIALISTS.map((name) => cast.specialist(name, { peerWaitMs: 3_600_000 }).run());
    expect((await cast.initiator({ voteWaitMs: 3_600_000 }).run()).state).toBe('RESOLVED');
    await Promise.all(evaluators);
    const log = messages(runtime, cast);
    expect(log.slice(2, 5).every((line) => line.startsWith('Evaluation'))).toBe(true);
  });

  it('follows at once when somebody else has voted', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const early = cast
      .participant('fraud-agent')
      .use(voteAfterPeers({ peerWaitMs: 50, vote: () => ({ vote: 'APPROVE', reason: 'early' }) }))
      .run();
    const late = cast
      .participant('growth-agent')
      .use(voteAfterPeers({ peerWaitMs: 3_600_000, vote: () => ({ vote: 'REJECT', reason: 'late' }) }))
      .run();
    const third = cast
      .participant('compliance-agent')
      .use(voteAfterPeers({ peerWaitMs: 3_600_000, vote: () => ({ vote: 'ABSTAIN', reason: '' }) }))
      .run();
    const result = await cast
      .initiator({
        decide: ({ votes }) => ({
          cancel: votes
            .map(({ vote }) => vote)
            .toSorted()
            .join(),
        }),
      })
      .run();
    expect(result).toEqual({ state: 'CANCELLED', reason: 'ABSTAIN,APPROVE,REJECT' });
    await Promise.all([early, late, third]);
  });

  it('knows the least number of votes for each rule', () => {
    expect([
      leastVotes(3, 'none', 0.5),
      leastVotes(3, 'unanimous', 1),
      leastVotes(3, 'majority', 0.5),
      leastVotes(3, 'supermajority', 0.67),
      leastVotes(4, 'majority', 0),
      leastVotes(2, 'weighted', 2),
    ]).toEqual([3, 3, 2, 3, 1, 2]);
  });
});

describe('leaving', () => {
  it('by stop, by signal and by disposing resolves with STOPPED', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const controller = new AbortController();
    const bySignal = cast.participant('a').run({ signal: controller.signal });
    const stopped = cast.participant('b');
    const byStop = stopped.run();
    await runtime.until(() => runtime.streamsOpened >= 2);
    controller.abort();
    stopped.stop();
    expect(await bySignal).toEqual({ state: 'STOPPED', reason: 'aborted by the caller' });
    expect(await byStop).toEqual({ state: 'STOPPED', reason: 'stopped' });
    expect(await cast.participant('c').run({ signal: controller.signal })).toMatchObject({ state: 'STOPPED' });
  });

  it('gives the second caller of run the first result', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const participant = cast.participant('a');
    const [first, second] = [participant.run(), participant.run()];
    participant.stop();
    expect(await first).toBe(await second);
  });

  it('happens when the session expires, although no message says so', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const running = cast.specialist('fraud-agent').run();
    const initiator = cast.initiator().run();
    await runtime.until(() => messages(runtime, cast).length >= 3);
    runtime.move(cast.sessionId, 'EXPIRED', 'EVENT_TYPE_EXPIRED');
    expect((await running).state).toBe('EXPIRED');
    expect((await initiator).state).toBe('EXPIRED');
  });
});

describe('timers', () => {
  it('run once, can be cancelled, and end with the agent', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const seen: string[] = [];
    const initiator = cast.initiator();
    initiator.on('SessionStart', async (_event, ctx) => {
      ctx.after(60_000, () => void seen.push('late'));
      ctx.after(1, () => void seen.push('never'))();
      await new Promise<void>((resolve) => void ctx.after(5, resolve));
      seen.push('soon');
      const wait = ctx.delay(60_000);
      initiator.stop();
      await expect(wait).rejects.toMatchObject({ code: 'ABORTED' });
    });
    await initiator.run();
    expect(seen).toEqual(['soon']);
  });
});

describe('the cancel callback of a participant', () => {
  it('cancels the session with the own identity, confirms it, answers and ends everybody', async () => {
    await using runtime = await ScriptedRuntime.start();
    await using cast = new Cast(runtime.address);
    const evaluator = cast.specialist('fraud-agent').run();
    const initiator = cast.initiator({}, {}, { cancelCallback: { host: '127.0.0.1', port: 0, path: '/agent/cancel', bearer: 's' }, runId: 'run-1' });
    const running = initiator.run();
    await runtime.until(() => messages(runtime, cast).length >= 3);
    const ready = cast.reports.get(INITIATOR)?.[0];
    const url = ready?.type === 'ready' ? (ready.cancelCallbackUrl ?? '') : '';
    const post = (): Promise<Response> => fetch(url, { method: 'POST', headers: { authorization: 'Bearer s' }, body: '{"runId":"run-1","reason":"operator"}' });
    const answers = await Promise.all(Array.from({ length: 100 }, async () => (await post()).json() as Promise<{ state: string; duplicate?: true }>));
    expect(answers.filter(({ state }) => state === 'CANCELLED')).toHaveLength(100);
    expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(99);
    expect(await running).toEqual({ state: 'CANCELLED', reason: 'operator' });
    expect((await evaluator).state).toBe('CANCELLED');
    await expect(post()).rejects.toThrow('fetch failed');
  });
});
