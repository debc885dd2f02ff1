import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { encodePayload, MODE_DECISION } from '@macp-agent/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient } from '../client.test.support.js';
import { startRuntime, type Runtime } from '../start-runtime.js';

let runtime: Runtime;
let client: TestClient;
beforeAll(async () => {
  runtime = await startRuntime();
  client = new TestClient(runtime.address);
});
afterAll(async () => {
  client[Symbol.dispose]();
  await runtime.close();
});

it('sends headers to an admitted caller at once, and none to a refused one', async () => {
  const admitted = client.stream(PEER);
  await admitted.until(({ headers }) => headers);
  const refused = client.stream();
  expect((await refused.ended()).code).toBe(status.UNAUTHENTICATED);
  expect(refused.headers).toBe(false);
});

it('resumes after an ordinal, and follows without a gap or a repeat', async () => {
  const { id } = await client.start();
  await client.propose(id, 'p1', 'm1');
  await client.propose(id, 'p2', 'm2');
  const later = client.subscribe(id, PEER, 2);
  const beyond = client.subscribe(id, PEER, 99);
  expect((await later.take(1))[0]?.envelope?.messageId).toBe('m2');
  await client.propose(id, 'p3', 'm3');
  expect((await later.take(1))[0]?.envelope?.messageId).toBe('m3');
  expect((await beyond.take(1))[0]?.envelope?.messageId).toBe('m3');
  later.write({ subscribeSessionId: id, afterSequence: 3 });
  expect((await later.take(1))[0]?.envelope?.messageId).toBe('m3');
});

it('replays a long history at the pace of its reader while new messages arrive', async () => {
  const { id } = await client.start();
  const total = 700;
  await Promise.all(Array.from({ length: total }, (_, index) => client.propose(id, `p${index}`, `m${index}`)));
  const stream = client.subscribe(id);
  stream.call.pause();
  await Promise.all(Array.from({ length: 50 }, (_, index) => client.propose(id, `q${index}`, `n${index}`)));
  stream.call.resume();
  const messages = await stream.take(1 + total + 50);
  expect(new Set(messages.map(({ envelope }) => envelope?.messageId)).size).toBe(751);
});

it('ends on misuse of the stream itself: an unknown session, both or neither frame, a second session', async () => {
  const one = await client.start();
  const two = await client.start();
  expect(await client.subscribe(randomUUID()).ended()).toMatchObject({ code: status.NOT_FOUND, details: expect.stringContaining('SESSION_NOT_FOUND') });
  const empty = client.stream(PEER);
  empty.write({});
  expect((await empty.ended()).code).toBe(status.INVALID_ARGUMENT);
  const second = client.subscribe(one.id);
  await second.take(1);
  second.write({ subscribeSessionId: two.id });
  expect((await second.ended()).code).toBe(status.INVALID_ARGUMENT);
});

it('refuses in-stream whatever is wrong with an envelope, and goes on', async () => {
  const { id } = await client.start();
  const stream = client.stream(PEER);
  stream.submit({ ...proposal(id), macpVersion: '9', messageId: 'version' });
  stream.submit({ ...proposal(id), sender: LEAD, messageId: 'spoof' });
  stream.submit({ messageType: 'Signal', mode: '', messageId: 'ambient' });
  stream.submit({ ...proposal(id), mode: 'macp.mode.task.v1', messageId: 'mode' });
  stream.submit({
    messageType: 'Vote',
    sessionId: id,
    messageId: 'phase',
    payload: encodePayload(MODE_DECISION, 'Vote', { proposalId: 'p', vote: 'APPROVE' }) as Buffer,
  });
  stream.submit({ ...proposal(id), messageId: 'good' });
  stream.submit({ ...proposal(id), messageId: 'good' });
  stream.submit({ ...proposal(id, 'p2'), messageId: 'better' });
  const answers = (await stream.take(7)).map(({ envelope, error }) => [error?.messageId ?? envelope?.messageId, error?.code]);
  expect(answers).toEqual([
    ['version', 'UNSUPPORTED_PROTOCOL_VERSION'],
    ['spoof', 'UNAUTHENTICATED'],
    ['ambient', 'INVALID_ENVELOPE'],
    ['mode', 'INVALID_ENVELOPE'],
    ['phase', 'INVALID_ENVELOPE'],
    ['good', undefined],
    ['better', undefined],
  ]);
});

it('refuses an outsider in-stream and stays open', async () => {
  const { id } = await client.start();
  const stream = client.subscribe(id, 'agent://outsider');
  expect((await stream.take(1))[0]?.error).toMatchObject({ code: 'FORBIDDEN', sessionId: id });
  stream.call.end();
  expect((await stream.ended()).code).toBe(status.OK);
});

it('starts a session on a stream, and joins later ones without replay', async () => {
  const { id } = await client.start();
  await client.propose(id, 'p1', 'before');
  const stream = client.stream(PEER);
  stream.submit({ ...proposal(id, 'p2'), messageId: 'mine' });
  expect((await stream.take(1))[0]?.envelope?.messageId).toBe('mine');
  const unknown = client.stream(PEER);
  unknown.submit({ ...proposal(randomUUID()), messageId: 'lost' });
  expect((await unknown.take(1))[0]?.error).toMatchObject({ code: 'SESSION_NOT_FOUND', messageId: 'lost' });
});

it('takes a burst on a stream without cutting its sender or a watcher', async () => {
  const { id } = await client.start();
  const watcher = client.subscribe(id, PEER);
  await watcher.take(1);
  const sender = client.stream(LEAD);
  const total = 3000;
  for (let index = 0; index < total; index += 1) sender.submit(proposal(id, `p${index}`, `m${index}`));
  const echoes = await sender.take(total);
  const seen = await watcher.take(total);
  expect(echoes.map(({ envelope }) => envelope?.messageId)).toEqual(seen.map(({ envelope }) => envelope?.messageId));
});

it('cuts a reader that does not read with RESOURCE_EXHAUSTED', async () => {
  using slowClient = new TestClient(runtime.address);
  const { id } = await client.start();
  const slow = slowClient.subscribe(id, PEER);
  await slow.take(1);
  slow.call.pause();
  // More than its queue holds, and for longer than a reader may take nothing.
  const sentUntilMs = performance.now() + 600;
  for (let index = 0; index < 350 || performance.now() < sentUntilMs; index += 1) {
    const payload = encodePayload(MODE_DECISION, 'Proposal', { proposalId: `p${index}`, option: 'x'.repeat(20_000) }) as Buffer;
    await client.send({ ...proposal(id), payload }, LEAD);
  }
  // The client learns of the end once it has read what was on its way.
  slow.call.resume();
  expect((await slow.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
});
