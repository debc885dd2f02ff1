import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { eventTypes, LEAD, PEER, TestClient } from '../../client.test.support.js';
import { startRuntime } from '../../start-runtime.js';

const OTHER = 'agent://other';
const IDENTITIES = [
  { token: 'lead', sender: LEAD },
  { token: 'peer', sender: PEER },
  { token: 'other', sender: OTHER },
  { token: 'audit', sender: 'agent://audit', isObserver: true },
];

async function listed(client: TestClient, token: string): Promise<string[]> {
  const { sessions } = await client.call('ListSessions', { pageSize: 0, pageToken: '' }, token);
  return sessions.map(({ sessionId }) => sessionId);
}

it('lists every session to every identity, as the reference runtime does', async () => {
  await using runtime = await startRuntime({ identities: IDENTITIES });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({}, {}, 'lead');
  const watch = client.watch('WatchSessions', 'other');
  expect(await listed(client, 'other')).toEqual([id]);
  expect((await watch.take(1))[0]?.event?.session?.sessionId).toBe(id);
});

it('lists and watches only what concerns the caller with the visibility participants', async () => {
  await using runtime = await startRuntime({ identities: IDENTITIES, sessionVisibility: 'participants' });
  using client = new TestClient(runtime.address);
  const first = await client.start({}, {}, 'lead');
  const own = await client.start({ participants: [OTHER] }, {}, 'other');
  expect(await listed(client, 'lead')).toEqual([first.id]);
  expect(await listed(client, 'other')).toEqual([own.id]);
  expect(await listed(client, 'audit')).toEqual([first.id, own.id]);

  const watch = client.watch('WatchSessions', 'other');
  const audit = client.watch('WatchSessions', 'audit');
  await audit.take(2);
  expect((await watch.take(1))[0]?.event?.session?.sessionId).toBe(own.id);
  await client.call('CancelSession', { sessionId: first.id, reason: 'not for others' }, 'lead');
  await client.call('CancelSession', { sessionId: own.id, reason: 'mine' }, 'other');
  const [next] = await watch.take(1);
  expect(next?.event).toMatchObject({ eventType: 'EVENT_TYPE_CANCELLED', session: { sessionId: own.id } });
  expect(eventTypes(await audit.take(2))).toEqual(['EVENT_TYPE_CANCELLED', 'EVENT_TYPE_CANCELLED']);
});

it('pages through what the caller may see, without holes for what it may not', async () => {
  await using runtime = await startRuntime({ identities: IDENTITIES, sessionVisibility: 'participants' });
  using client = new TestClient(runtime.address);
  const mine: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    await client.start({}, {}, 'lead');
    mine.push((await client.start({ participants: [OTHER] }, {}, 'other')).id);
  }
  const first = await client.call('ListSessions', { pageSize: 2, pageToken: '' }, 'other');
  const second = await client.call('ListSessions', { pageSize: 2, pageToken: first.nextPageToken }, 'other');
  expect([...first.sessions, ...second.sessions].map(({ sessionId }) => sessionId)).toEqual(mine);
  expect(second.nextPageToken).toBe('');
});

it('gives GetSession to the initiator, participants and observers, and to nobody else', async () => {
  await using runtime = await startRuntime({ identities: IDENTITIES });
  using client = new TestClient(runtime.address);
  const { id } = await client.start({ participants: [PEER] }, {}, 'lead');
  for (const token of ['lead', 'peer', 'audit']) expect((await client.metadata(id, token)).sessionId).toBe(id);
  await expect(client.metadata(id, 'other')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  await expect(client.metadata(id, 'unknown')).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

it('asks WatchPolicies for a credential only when told to', async () => {
  await using open = await startRuntime({ identities: IDENTITIES });
  using client = new TestClient(open.address);
  expect((await client.watch('WatchPolicies').take(1))[0]?.descriptors.map(({ policyId }) => policyId)).toEqual(['policy.default']);
  await using closed = await startRuntime({ identities: IDENTITIES, watchPoliciesAuth: true });
  using second = new TestClient(closed.address);
  expect((await second.watch('WatchPolicies').ended()).code).toBe(status.UNAUTHENTICATED);
  expect(await second.watch('WatchPolicies', 'peer').take(1)).toHaveLength(1);
});

it('ends a stream beyond the limit of readers by name, and takes the next when one has gone', async () => {
  await using runtime = await startRuntime({ limits: { maxSubscribers: 1 } });
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const refused = { code: status.RESOURCE_EXHAUSTED, details: expect.stringContaining('RATE_LIMITED') };

  const reader = client.subscribe(id);
  await reader.take(1);
  expect(await client.subscribe(id).ended()).toMatchObject(refused);
  reader.call.end();
  await reader.ended();
  expect(await client.subscribe(id).take(1)).toHaveLength(1);

  for (const name of ['WatchSessions', 'WatchPolicies', 'WatchModeRegistry', 'WatchRoots'] as const) {
    await client.watch(name, PEER).take(1);
    expect(await client.watch(name, PEER).ended()).toMatchObject(refused);
  }
});
