import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MacpClient } from './client.js';
import type { ClientOptions } from './client-options.js';
import { ScriptedRuntime } from './scripted-runtime.test.support.js';
import { selfSigned } from './self-signed.test.support.js';

const server = selfSigned('runtime.test');
const agent = selfSigned('agent.test');
const trusting: Omit<ClientOptions, 'address'> = { rootCertificates: server.cert, serverName: 'runtime.test' };

describe('a TLS connection', () => {
  let runtime: ScriptedRuntime;
  beforeAll(async () => {
    const pair = { cert_chain: Buffer.from(server.cert), private_key: Buffer.from(server.key) };
    runtime = await ScriptedRuntime.start({}, ServerCredentials.createSsl(Buffer.from(agent.cert), [pair], true));
  });
  afterAll(() => runtime.close());

  async function initialize(options: Omit<ClientOptions, 'address'>): Promise<unknown> {
    await using client = new MacpClient({ address: runtime.address, ...options });
    return await client.initialize({ timeoutMs: 5_000 });
  }

  it('trusts the given authority, expects the given name and shows the client certificate', async () => {
    expect(await initialize({ ...trusting, clientCertificate: agent })).toMatchObject({ selectedProtocolVersion: '1.0' });
  });

  // At the same time: each takes the whole limit of its call.
  it.concurrent.each([
    ['an unknown authority', { serverName: 'runtime.test', clientCertificate: agent }],
    ['another name in the certificate', { rootCertificates: server.cert, serverName: 'other.test', clientCertificate: agent }],
    ['no client certificate', trusting],
    ['plaintext', { allowInsecure: true }],
  ])('fails with %s', async (_name, options) => {
    await expect(initialize(options)).rejects.toMatchObject({ grpcStatus: 'UNAVAILABLE' });
  });
});
