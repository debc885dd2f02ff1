import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Auth, MacpClient } from '@macp-agent/core';
import { expect, it, vi } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/macp.js', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

it.each(['SIGINT', 'SIGTERM'] as const)('macp runtime takes the variables of the reference runtime and ends with %s', async (signal) => {
  const address = `127.0.0.1:${await freePort()}`;
  const env = {
    PATH: process.env['PATH'],
    MACP_BIND_ADDR: address,
    MACP_ALLOW_INSECURE: '1',
    MACP_MEMORY_ONLY: '1',
    MACP_AUTH_TOKENS_JSON: JSON.stringify({ tokens: [{ token: 'token-of-lead', sender: 'lead' }] }),
  };
  const child = spawn(process.execPath, [bin, 'runtime'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await vi.waitFor(() => expect(said).toContain(address), { timeout: 10_000, interval: 50 });
    await using client = new MacpClient({ address, allowInsecure: true, auth: Auth.bearer('token-of-lead') });
    expect((await client.initialize()).supportedModes).toContain('macp.mode.decision.v1');
    await using stranger = new MacpClient({ address, allowInsecure: true, auth: Auth.bearer('another-token') });
    await expect(stranger.listSessions()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  } finally {
    child.kill(signal);
  }
  expect(await ended).toBe(0);
  expect(said).not.toContain('token-of-lead');
});

it('macp runtime names the variable that is wrong and exits 2', async () => {
  const child = spawn(process.execPath, [bin, 'runtime'], {
    env: { PATH: process.env['PATH'], MACP_ALLOW_INSECURE: '1', MACP_BIND_ADDR: 'nowhere' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2);
  expect(said).toContain('MACP_BIND_ADDR');
});
