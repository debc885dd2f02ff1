import { status } from '@grpc/grpc-js';
import { assert, asyncProperty, array, constantFrom, oneof, record } from 'fast-check';
import { expect, it } from 'vitest';
import { LEAD, TestClient } from '../client.test.support.js';
import { ManualClock } from '../clock.test.support.js';
import { startRuntime } from '../start-runtime.js';

const DAY_MS = 86_400_000;

it('counts a sender for a minute at most, although the clock was set back meanwhile', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock, limits: { messagesPerMinute: 3 } });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ ttlMs: DAY_MS });
  for (const proposalId of ['p1', 'p2', 'p3']) expect((await client.propose(id, proposalId)).ok).toBe(true);
  clock.jump(-DAY_MS);
  expect((await client.propose(id, 'p4')).error?.code).toBe('RATE_LIMITED');
  clock.advance(60_000);
  expect((await client.propose(id, 'p4')).ok).toBe(true);
});

it('expires a session with the next sweep when the clock has jumped past its deadline', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  await client.start({ ttlMs: DAY_MS });
  const events = client.watch('WatchSessions', LEAD);
  await events.take(1);
  clock.jump(2 * DAY_MS);
  clock.advance(60_000);
  expect((await events.take(1))[0]?.event?.eventType).toBe('EVENT_TYPE_EXPIRED');
});

it('never shortens a deadline when a suspension seems to end before it began', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ ttlMs: DAY_MS });
  const { expiresAtUnixMs } = await client.metadata(id);
  await client.call('SuspendSession', { sessionId: id, reason: 'wait' }, LEAD);
  clock.jump(-DAY_MS);
  expect((await client.call('ResumeSession', { sessionId: id, reason: 'go on' }, LEAD)).ack).toMatchObject({ ok: true });
  expect((await client.metadata(id)).expiresAtUnixMs).toBe(expiresAtUnixMs);
});

it('answers whatever the clock does, and keeps a session over once it is over', { timeout: 60_000 }, async () => {
  const step = oneof(
    record({ jumpMs: constantFrom(-365 * DAY_MS, -DAY_MS, -61_000, -1, 1, 59_000, DAY_MS, 365 * DAY_MS) }),
    record({ passMs: constantFrom(1, 50, 60_000, DAY_MS) }),
    record({ call: constantFrom('propose', 'suspend', 'resume', 'cancel', 'read', 'list', 'start') }),
  );
  await assert(
    asyncProperty(array(step, { maxLength: 14 }), async (steps) => {
      const clock = new ManualClock();
      await using runtime = await startRuntime({ clock, limits: { messagesPerMinute: 5 } });
      using client = new TestClient(runtime.address);
      const { id } = await client.start({ ttlMs: 30_000 });
      const call: Record<string, () => Promise<unknown>> = {
        propose: () => client.propose(id),
        suspend: () => client.call('SuspendSession', { sessionId: id, reason: '' }, LEAD),
        resume: () => client.call('ResumeSession', { sessionId: id, reason: '' }, LEAD),
        cancel: () => client.call('CancelSession', { sessionId: id, reason: '' }, LEAD),
        list: () => client.call('ListSessions', {}, LEAD),
        start: () => client.start(),
        read: () => Promise.resolve(),
      };
      const states: (string | undefined)[] = [];
      const codes: (number | undefined)[] = [];
      for (const one of steps) {
        if ('jumpMs' in one) clock.jump(one.jumpMs);
        else if ('passMs' in one) clock.advance(one.passMs);
        // A finished session may have left memory: NOT_FOUND.
        else await (call[one.call] as () => Promise<unknown>)().catch((error: { code?: number }) => codes.push(error.code));
        states.push(
          await client
            .metadata(id)
            .then(({ state }) => state)
            .catch(() => 'gone'),
        );
      }
      expect(codes.filter((code) => code !== status.NOT_FOUND)).toEqual([]);
      const over = states.findIndex((state) => state === 'gone' || !['SESSION_STATE_OPEN', 'SESSION_STATE_SUSPENDED'].includes(state ?? ''));
      if (over < 0) return;
      for (const state of states.slice(over)) expect([states[over], 'gone']).toContain(state);
    }),
    { numRuns: 40 },
  );
});
