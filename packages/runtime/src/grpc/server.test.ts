import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { healthService, RUNTIME_SERVICE_NAME } from '@macp-agent/protocol/service';
import { expect, it } from 'vitest';
import { LEAD, TestClient } from '../client.test.support.js';
import { startRuntime } from '../start-runtime.js';
import { selfSigned } from './self-signed.test.support.js';

it('serves TLS from PEM, and no plaintext then', async () => {
  const tls = selfSigned('localhost');
  await using runtime = await startRuntime({ tls });
  using client = new TestClient(runtime.address, credentials.createSsl(Buffer.from(tls.cert)), { 'grpc.ssl_target_name_override': 'localhost' });
  expect((await client.start()).ack.ok).toBe(true);
  using plain = new TestClient(runtime.address);
  await expect(plain.call('ListModes', {})).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

it('refuses a pair of files that is none, an address in use, and an option out of range', async () => {
  await expect(startRuntime({ tls: { cert: 'x', key: 'y' } })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  await using runtime = await startRuntime();
  await expect(startRuntime({ port: runtime.port })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('cannot listen') });
  await expect(startRuntime({ port: 70_000 })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  await expect(startRuntime({ identities: [{ token: 'a.b', sender: 's' }] })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  await expect(startRuntime({ limits: { maxPayloadBytes: 0 } })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});

it('reports its health without a credential, and watches until it closes', async () => {
  const runtime = await startRuntime();
  const client = new Client(runtime.address, credentials.createInsecure());
  const { Check, Watch } = healthService;
  const check = (service: string) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(Check.path, Check.requestSerialize, Check.responseDeserialize, { service }, (error, value) =>
        error === null ? resolve(value?.status) : reject(error),
      );
    });
  expect([await check(''), await check(RUNTIME_SERVICE_NAME)]).toEqual(['SERVING', 'SERVING']);
  await expect(check('other')).rejects.toMatchObject({ code: status.NOT_FOUND });
  const watch = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, { service: 'other' });
  const first = new Promise((resolve) => watch.once('data', resolve));
  const ended = new Promise<ServiceError>((resolve) => watch.once('error', resolve));
  expect(await first).toEqual({ status: 'SERVICE_UNKNOWN' });
  await runtime.close();
  expect((await ended).code).toBe(status.UNAVAILABLE);
  client.close();
});

it('fails a message over the limit of the transport, and refuses one over the payload limit in the Ack', async () => {
  await using runtime = await startRuntime({ limits: { maxPayloadBytes: 1000 } });
  using client = new TestClient(runtime.address);
  expect((await client.send({ messageType: 'Signal', mode: '', payload: Buffer.alloc(1001) }, LEAD)).error?.code).toBe('PAYLOAD_TOO_LARGE');
  await expect(client.send({ messageType: 'Signal', mode: '', payload: Buffer.alloc(80_000) }, LEAD)).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
});

it('forces what does not end within the grace time', async () => {
  const runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.subscribe(id);
  await stream.take(1);
  await runtime.close(0);
  expect((await stream.ended()).code).not.toBe(status.OK);
});
