import { expect, it } from 'vitest';
import { newSessionId } from '../ids.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { Cast } from './agent.test.support.js';
import type { Participant } from './participant.js';
import { serveAgent } from './serve-agent.js';
import { evaluateProposals } from './evaluate-proposals.js';

const start = (cast: Cast, participants = ['boss', 'worker']): Participant =>
  cast.participant('boss', {
    sessionId: newSessionId(),
    initiator: { sessionStart: { intent: 'x', participants, ttlMs: 60_000 }, kickoff: { messageType: 'Proposal', payload: { proposalId: 'p', option: 'o' } } },
  });
const commitOnEvaluation = (participant: Participant): Participant =>
  participant.on('Evaluation', async (_event, { actions }) => void (await actions.commit({ action: 'done', authorityScope: 's', reason: 'r' })));
const evaluator = (participant: Participant): unknown =>
  participant.use(evaluateProposals({ evaluate: () => ({ recommendation: 'APPROVE', confidence: 1, reason: '' }) }));

it('joins every session that names it, before and after it started, and no other', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using cast = new Cast(runtime.address);
  const early = commitOnEvaluation(start(cast));
  const first = early.run();
  await runtime.until(() => runtime.sessions.size === 1);
  const ended: string[] = [];
  await using client = cast.client('worker');
  await using service = serveAgent({ client, participantId: 'worker', setUp: evaluator, onEnded: (sessionId) => ended.push(sessionId) });
  expect((await first).state).toBe('RESOLVED');
  const late = commitOnEvaluation(start(cast));
  const foreign = start(cast, ['boss', 'other']);
  const alone = foreign.run();
  expect((await late.run()).state).toBe('RESOLVED');
  await service.close();
  expect(ended.toSorted()).toEqual([early.sessionId, late.sessionId].toSorted());
  foreign.stop();
  await alone;
});

it('keeps to its limits and says which session it leaves out', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using cast = new Cast(runtime.address);
  const bosses = Array.from({ length: 3 }, () => start(cast));
  const running: Promise<unknown>[] = [];
  for (const boss of bosses) {
    running.push(boss.run());
    await runtime.until(() => runtime.sessions.size === running.length);
  }
  const skipped: string[] = [];
  await using client = cast.client('worker');
  const service = serveAgent({
    client,
    participantId: 'worker',
    concurrency: 1,
    maxWaiting: 1,
    setUp: () => undefined,
    onSkipped: (sessionId) => skipped.push(sessionId),
  });
  await runtime.until(() => runtime.streamsOpened >= 4);
  expect([service.active, service.waiting, skipped]).toEqual([1, 1, [bosses[2]?.sessionId]]);
  runtime.move(bosses[0]?.sessionId ?? '', 'CANCELLED', 'EVENT_TYPE_CANCELLED');
  await runtime.until(() => runtime.streamsOpened >= 5);
  expect(service.waiting).toBe(0);
  await service.close(0);
  await service.done;
  expect(service.active).toBe(0);
  for (const boss of bosses) boss.stop();
  await Promise.all(running);
});

it('goes on when its agent fails in one session', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using cast = new Cast(runtime.address);
  const errors: unknown[] = [];
  await using client = cast.client('worker');
  let first = true;
  await using service = serveAgent({
    client,
    participantId: 'worker',
    onEnded: (_id, _result, error) => error !== undefined && errors.push(error),
    setUp: (participant) => {
      evaluator(participant);
      if (first) {
        participant.on('Proposal', () => {
          throw new Error('bug');
        });
      }
      first = false;
    },
  });
  const broken = start(cast);
  const waiting = broken.run();
  await runtime.until(() => runtime.sessions.size === 1 && runtime.streamsCancelled > 0);
  expect((await commitOnEvaluation(start(cast)).run()).state).toBe('RESOLVED');
  expect(errors).toMatchObject([{ code: 'HANDLER_FAILED' }]);
  broken.stop();
  await waiting;
  await service.close();
});

it('ends with its signal', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using cast = new Cast(runtime.address);
  await using client = cast.client('worker');
  const controller = new AbortController();
  const service = serveAgent({ client, participantId: 'worker', setUp: () => undefined, signal: controller.signal });
  controller.abort();
  await service.done;
  expect(() => serveAgent({ client, participantId: 'worker', setUp: () => undefined, concurrency: 0 })).toThrow('concurrency must be a whole number from 1');
});

it('fails when the runtime does not tell about sessions', async () => {
  await using runtime = await ScriptedRuntime.start({ watchSessions: false });
  await using cast = new Cast(runtime.address);
  await using client = cast.client('worker');
  await expect(serveAgent({ client, participantId: 'worker', setUp: () => undefined }).done).rejects.toMatchObject({ code: 'TRANSPORT' });
});
