import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { runtimeService } from '@macp-agent/protocol/service';
import { array, assert, asyncProperty, constant, constantFrom, maxSafeInteger, oneof, record, string, uint8Array } from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { headers, LEAD, TestClient } from '../client.test.support.js';
import { startRuntime, type Runtime } from '../start-runtime.js';

let runtime: Runtime;
let client: TestClient;
let sessionId: string;
beforeAll(async () => {
  runtime = await startRuntime();
  client = new TestClient(runtime.address);
  sessionId = (await client.start()).id;
});
afterAll(async () => {
  client[Symbol.dispose]();
  await runtime.close();
});

const unaryPaths = Object.values(runtimeService)
  .filter(({ requestStream, responseStream }) => !requestStream && !responseStream)
  .map(({ path }) => path);
const same = (bytes: Buffer): Buffer => bytes;

function raw(path: string, bytes: Buffer, metadata: Metadata): Promise<number> {
  return new Promise((resolve) => {
    client.raw.makeUnaryRequest(path, same, same, bytes, metadata, (error: ServiceError | null) => resolve(error?.code ?? 0));
  });
}

it('answers random bytes on every unary RPC with a status and goes on', async () => {
  await assert(
    asyncProperty(constantFrom(...unaryPaths), uint8Array({ maxLength: 300 }), async (path, bytes) => {
      expect(await raw(path, Buffer.from(bytes), headers(LEAD))).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 400 },
  );
  expect((await client.metadata(sessionId)).state).toBe('SESSION_STATE_OPEN');
});

it('answers envelopes of random texts with an Ack, lone surrogates included', async () => {
  const text = string({ unit: 'binary', maxLength: 40 });
  const envelope = record({
    macpVersion: constantFrom('1.0', '', '2.0'),
    mode: oneof(constantFrom('macp.mode.decision.v1', 'ext.multi_round.v1', ''), text),
    messageType: oneof(constantFrom('SessionStart', 'Signal', 'Progress', 'Commitment', 'Vote', 'Proposal', '__proto__', 'constructor'), text),
    messageId: text,
    sessionId: oneof(constant('SESSION'), text),
    sender: oneof(constantFrom('', LEAD), text),
    timestampUnixMs: maxSafeInteger(),
    payload: uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  });
  await assert(
    asyncProperty(envelope, async (value) => {
      const ack = await client.send({ ...value, sessionId: value.sessionId === 'SESSION' ? sessionId : value.sessionId }, LEAD);
      expect(ack.messageId).toBeTypeOf('string');
    }),
    { numRuns: 400 },
  );
});

it('answers random bytes on a session stream and goes on', async () => {
  const { path } = runtimeService.StreamSession;
  await assert(
    asyncProperty(array(uint8Array({ maxLength: 100 }), { maxLength: 5 }), async (frames) => {
      const call = client.raw.makeBidiStreamRequest(path, same, same, headers(LEAD));
      call.on('data', () => undefined);
      const ended = new Promise<number>((resolve) => {
        call.on('error', (error: ServiceError) => resolve(error.code));
        call.on('end', () => resolve(0));
      });
      for (const frame of frames) call.write(Buffer.from(frame));
      call.end();
      expect(await ended).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 150 },
  );
  expect((await client.propose(sessionId)).ok).toBe(true);
});
