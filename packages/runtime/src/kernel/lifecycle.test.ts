import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { eventTypes, LEAD, PEER, proposal, TestClient } from '../client.test.support.js';
import { ManualClock } from '../clock.test.support.js';
import { startRuntime } from '../start-runtime.js';

it('expires a session at its deadline by itself, and tells watchers', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ ttlMs: 5000 });
  const watch = client.watch('WatchSessions', PEER);
  await watch.take(1);
  clock.advance(5000);
  expect((await client.metadata(id)).state).toBe('SESSION_STATE_OPEN');
  clock.advance(60);
  expect(eventTypes(await watch.take(1))).toEqual(['EVENT_TYPE_EXPIRED']);
  expect((await client.propose(id)).error?.code).toBe('SESSION_NOT_OPEN');
});

it('moves the deadline by the time spent suspended, and expires over the cap', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ ttlMs: 60_000, maxSuspendMs: 30_000 });
  const startedAt = clock.nowUnixMs();
  const watch = client.watch('WatchSessions', PEER);
  await watch.take(1);
  const control = async (name: 'SuspendSession' | 'ResumeSession' | 'CancelSession') => (await client.call(name, { sessionId: id, reason: 'r' }, LEAD)).ack;
  clock.advance(20_000);
  expect(await control('ResumeSession')).toMatchObject({ ok: false, error: { code: 'SESSION_NOT_OPEN' } });
  expect(await control('SuspendSession')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_SUSPENDED', messageId: '' });
  expect((await client.propose(id)).error?.code).toBe('SESSION_NOT_OPEN');
  clock.advance(30_000);
  expect(await control('ResumeSession')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_OPEN' });
  expect((await client.metadata(id)).expiresAtUnixMs).toBe(startedAt + 90_000);
  await control('SuspendSession');
  clock.advance(1);
  expect(await control('ResumeSession')).toMatchObject({ ok: false, error: { code: 'SESSION_NOT_OPEN' } });
  expect(await control('CancelSession')).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_EXPIRED' });
  expect(eventTypes(await watch.take(4))).toEqual(['EVENT_TYPE_SUSPENDED', 'EVENT_TYPE_RESUMED', 'EVENT_TYPE_SUSPENDED', 'EVENT_TYPE_EXPIRED']);
});

it('lets the initiator cancel, and whom the policy delegates to; others get PERMISSION_DENIED', async () => {
  await using runtime = await startRuntime({
    policies: [{ policyId: 'policy.any', mode: '*', description: '', rules: { commitment: { authority: 'any_participant' } }, schemaVersion: 1 }],
  });
  using client = new TestClient(runtime.address);
  const strict = await client.start();
  const cancel = (sessionId: string, token: string) => client.call('CancelSession', { sessionId, reason: 'r' }, token);
  await expect(cancel(strict.id, PEER)).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  await expect(cancel(randomUUID(), PEER)).rejects.toMatchObject({ code: status.NOT_FOUND });
  const shared = await client.start({ policyVersion: 'policy.any' });
  expect((await cancel(shared.id, PEER)).ack).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_CANCELLED' });
  expect((await cancel(shared.id, PEER)).ack).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_CANCELLED' });
});

it('lists sessions in pages', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const ids = [(await client.start()).id, (await client.start()).id, (await client.start()).id];
  const first = await client.call('ListSessions', { pageSize: 2 }, PEER);
  const second = await client.call('ListSessions', { pageSize: 2, pageToken: first.nextPageToken }, PEER);
  expect([...first.sessions, ...second.sessions].map(({ sessionId }) => sessionId)).toEqual(ids);
  expect(second.nextPageToken).toBe('');
  await expect(client.call('ListSessions', { pageToken: 'x' }, PEER)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

it('forgets a finished session after its retention, and not before', async () => {
  const clock = new ManualClock();
  await using runtime = await startRuntime({ clock, retention: { memoryMs: 120_000 } });
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  await client.send(proposal(id), LEAD);
  await client.commit(id);
  clock.advance(119_000);
  expect(await client.subscribe(id).messageTypes(3)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  clock.advance(61_000);
  await expect(client.metadata(id)).rejects.toMatchObject({ code: status.NOT_FOUND });
  expect((await client.propose(id)).error?.code).toBe('SESSION_NOT_FOUND');
});
