import { SessionCancelPayload, SessionResumePayload, SessionSuspendPayload } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient } from '../client.test.support.js';
import { ManualClock } from '../clock.test.support.js';
import { startRuntime } from '../start-runtime.js';

const TYPES = ['SessionStart', 'SessionSuspend', 'SessionResume', 'Proposal', 'SessionCancel'];

it('streams suspend, resume and cancel in their place, live and replayed alike, so that a reader that counts stays in step', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const live = client.subscribe(id);
  await live.until(({ items }) => items.length === 1);
  await client.call('SuspendSession', { sessionId: id, reason: 'wait' }, LEAD);
  clock.advance(3_000);
  await client.call('ResumeSession', { sessionId: id, reason: 'go on' }, LEAD);
  await client.propose(id);
  await client.call('CancelSession', { sessionId: id, reason: 'enough' }, LEAD);
  await live.until(({ items }) => items.length === TYPES.length);
  expect(live.items.map(({ envelope }) => envelope?.messageType)).toEqual(TYPES);

  const [, suspend, resume, , cancel] = live.items.map(({ envelope }) => envelope);
  expect(suspend).toMatchObject({ sender: '_runtime', messageId: '_runtime:2', sessionId: id, macpVersion: '1.0' });
  expect(SessionSuspendPayload.decode(suspend?.payload as Buffer)).toEqual({ reason: 'wait', suspendedBy: LEAD });
  expect(SessionResumePayload.decode(resume?.payload as Buffer)).toEqual({ reason: 'go on', resumedBy: LEAD, bankedMs: 3_000 });
  expect(SessionCancelPayload.decode(cancel?.payload as Buffer)).toEqual({ reason: 'enough', cancelledBy: LEAD });

  for (let counted = 0; counted < TYPES.length; counted += 1) {
    const resumed = client.subscribe(id, PEER, counted);
    await resumed.until(({ items }) => items.length === TYPES.length - counted);
    expect(resumed.items).toEqual(live.items.slice(counted));
  }
});

it('streams the expiry', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ ttlMs: 1_000 });
  const live = client.subscribe(id);
  await live.take(1);
  clock.advance(5_000);
  expect((await live.take(1))[0]?.envelope).toMatchObject({ messageType: 'TtlExpired', sender: '_runtime', messageId: '_runtime:2' });
  expect(await client.subscribe(id, PEER, 1).messageTypes(1)).toEqual(['TtlExpired']);
});

it('lets nobody write a record of the runtime, nor use its ids', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  for (const messageType of ['SessionSuspend', 'SessionResume', 'SessionCancel', 'TtlExpired'])
    expect((await client.send({ ...proposal(id), messageType }, LEAD)).error?.code).toBe('FORBIDDEN');
  expect((await client.propose(id, 'p1', '_runtime:2')).error?.code).toBe('INVALID_ENVELOPE');
});
