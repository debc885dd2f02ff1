import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient, eventTypes } from './client.test.support.js';
import { silentLogger } from './logger.js';
import { startRuntime } from './start-runtime.js';

it('plays a decision from start to commitment, and shows it to a subscriber and a watcher', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const watch = client.watch('WatchSessions', LEAD);
  await watch.until(({ headers }) => headers);
  const { id, ack } = await client.start();
  expect(ack).toMatchObject({ ok: true, duplicate: false, sessionState: 'SESSION_STATE_OPEN' });
  const stream = client.subscribe(id);
  expect(await stream.messageTypes(1)).toEqual(['SessionStart']);
  expect((await client.propose(id)).ok).toBe(true);
  expect((await client.commit(id)).sessionState).toBe('SESSION_STATE_RESOLVED');
  expect(await stream.messageTypes(2)).toEqual(['Proposal', 'Commitment']);
  expect(eventTypes(await watch.take(2))).toEqual(['EVENT_TYPE_CREATED', 'EVENT_TYPE_RESOLVED']);
  expect(await client.metadata(id)).toMatchObject({ state: 'SESSION_STATE_RESOLVED', initiator: LEAD });
});

it('answers a refusal in-stream with the registered code and goes on', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.stream(PEER);
  stream.submit({ ...proposal(id), messageId: 'm1', sender: LEAD });
  stream.submit({ ...proposal(id), messageId: 'm2' });
  const [refused, echoed] = await stream.take(2);
  expect(refused?.error).toMatchObject({ code: 'UNAUTHENTICATED', messageId: 'm1', sessionId: id });
  expect(echoed?.envelope).toMatchObject({ messageId: 'm2', sender: PEER });
});

it('ends streams with UNAVAILABLE when it closes, twice without harm', async () => {
  const runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.subscribe(id);
  await stream.take(1);
  await Promise.all([runtime.close(), runtime.close()]);
  expect((await stream.ended()).code).toBe(status.UNAVAILABLE);
});

it('ends a half-closed subscription after what it asked for', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.subscribe(id);
  stream.call.end();
  expect((await stream.ended()).code).toBe(status.OK);
  expect(stream.items).toHaveLength(1);
});

it('gives up with ABORTED, and frees its port, when its signal fires as it begins to listen', async () => {
  const changedMind = new AbortController();
  let served = '';
  const debug = (message: string): void => {
    served = / serves (.*)$/.exec(message)?.[1] ?? served;
    changedMind.abort();
  };
  await expect(startRuntime({ signal: changedMind.signal, logger: { ...silentLogger, debug } })).rejects.toMatchObject({ code: 'ABORTED' });
  await using next = await startRuntime({ port: Number(served.split(':')[1]) });
  expect(next.address).toBe(served);
});
