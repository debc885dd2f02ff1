import { randomBytes } from 'node:crypto';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { runtimeService } from '@macp-agent/protocol/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fill, LEAD, TestClient } from '../client.test.support.js';
import { startRuntime, type Runtime } from '../start-runtime.js';

// Whoever reaches the port can send anything. Nobody else may notice.
let runtime: Runtime;
let client: TestClient;
const sockets: Socket[] = [];
const sessions: ClientHttp2Session[] = [];
beforeEach(async () => {
  runtime = await startRuntime({ limits: { sessionStartsPerMinute: 1000 } });
  client = new TestClient(runtime.address);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const session of sessions.splice(0)) session.destroy();
  client[Symbol.dispose]();
  await runtime.close(0);
});

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** An empty SETTINGS, then the head of a HEADERS frame of 255 bytes that never come. */
const CUT_HEADERS = Buffer.from('0000000400000000000000ff010400000001', 'hex');

/** A connection that has sent these bytes. */
function send(bytes: Buffer | string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(runtime.port, '127.0.0.1', () => socket.write(bytes, () => resolve(socket)));
    // The runtime may hang up at any time.
    socket.on('error', (error) => reject(error)).resume();
    sockets.push(socket);
  });
}

it.each([
  ['random bytes', () => randomBytes(2000)],
  ['HTTP/1', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['the beginning of HTTP/2 and then random bytes', () => Buffer.concat([PREFACE, randomBytes(500)])],
  ['a frame that is cut off', () => Buffer.concat([PREFACE, CUT_HEADERS])],
  ['nothing', () => ''],
])('serves others while 200 connections send %s', { timeout: 30_000 }, async (_what, bytes) => {
  await Promise.allSettled(Array.from({ length: 200 }, () => send(bytes())));
  expect((await client.start()).ack.ok).toBe(true);
});

it.each([
  ['a message that is longer than what comes', '00000000ff0a'],
  ['a compressed message of an algorithm that nobody named', '0100000002ffff'],
  ['a flag that does not exist', '0700000000'],
  ['a prefix that is cut off', '0000'],
  ['four gigabytes announced', '00ffffffff0a'],
])('ends only the call that sends %s', async (_what, frame) => {
  const session = connectHttp2(`http://${runtime.address}`);
  sessions.push(session);
  const code = await new Promise<unknown>((resolve, reject) => {
    const call = session.request({
      ':method': 'POST',
      ':path': runtimeService.Send.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${LEAD}`,
    });
    for (const event of ['response', 'trailers'] as const) call.on(event, (headers) => 'grpc-status' in headers && resolve(headers['grpc-status']));
    call.once('error', reject).resume();
    call.end(Buffer.from(frame, 'hex'));
  });
  expect(Number(code)).toBeGreaterThan(0);
  expect((await client.start()).ack.ok).toBe(true);
});

it('refuses messages of 10 MB, many at once, and keeps none of them', { timeout: 30_000 }, async () => {
  const { id } = await client.start();
  const big = fill({ messageType: 'Proposal', sessionId: id, payload: Buffer.alloc(10 * 1024 * 1024) });
  const codes = await Promise.all(Array.from({ length: 20 }, () => client.send(big, LEAD).catch((error: { code: number }) => error.code)));
  expect(codes).toEqual(Array(20).fill(status.RESOURCE_EXHAUSTED));
  expect((await client.propose(id)).ok).toBe(true);
});

it('forgets streams that are opened, filled with garbage and dropped', { timeout: 30_000 }, async () => {
  const { id } = await client.start();
  const same = (bytes: Buffer): Buffer => bytes;
  const opened = Array.from({ length: 500 }, async (_, index) => {
    const call = client.raw.makeBidiStreamRequest(runtimeService.StreamSession.path, same, same, undefined);
    const ended = new Promise<void>((resolve) => call.on('error', () => resolve()).on('end', () => resolve()));
    call.resume();
    call.write(randomBytes(20));
    if (index % 2 === 0) call.cancel();
    else call.end();
    await ended;
  });
  await Promise.all(opened);
  expect(await client.subscribe(id, LEAD).messageTypes(1)).toEqual(['SessionStart']);
});

it('ends a request that does not arrive whole within the time limit, and no watch that only waits', { timeout: 30_000 }, async () => {
  await using slow = await startRuntime({ limits: { requestTimeoutMs: 300 } });
  using other = new TestClient(slow.address);
  const watch = other.watch('WatchSessions', LEAD);
  const session = connectHttp2(`http://${slow.address}`);
  sessions.push(session);
  const codes = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const call = session.request({ ':method': 'POST', ':path': runtimeService.Send.path, 'content-type': 'application/grpc', te: 'trailers' });
      call.resume().write(Buffer.from('0000100000', 'hex'));
      call.write(Buffer.alloc(60_000));
      return await new Promise<unknown>((resolve, reject) => {
        for (const event of ['response', 'trailers'] as const) call.on(event, (headers) => 'grpc-status' in headers && resolve(headers['grpc-status']));
        call.once('error', reject);
      });
    }),
  );
  expect(codes.map(Number)).toEqual(Array(50).fill(status.DEADLINE_EXCEEDED));
  const { id } = await other.start();
  expect((await watch.take(1))[0]?.event?.session?.sessionId).toBe(id);
});
