import { connect } from 'node:net';
import { once } from 'node:events';
import { MacpError } from '@macp-agent/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCancelCallbackServer, type CancelCallbackOptions, type CancelCallbackServer } from './cancel-callback-server.js';

let calls: [string, string][];
let server: CancelCallbackServer;
const start = async (options: Partial<CancelCallbackOptions> = {}): Promise<CancelCallbackServer> => {
  server = await startCancelCallbackServer({
    host: '127.0.0.1',
    port: 0,
    path: '/agent/cancel',
    runId: 'run-1',
    onCancel: (runId, reason) => {
      calls.push([runId, reason]);
      return { state: 'CANCELLED' };
    },
    ...options,
  });
  return server;
};
beforeEach(() => {
  calls = [];
});
afterEach(() => server.close(0));

const post = (body: string | undefined, headers: Record<string, string> = {}, url = server.url): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body }) });

describe('a good request', () => {
  it('is handed on once and answered with the state, later ones as duplicates', async () => {
    await start();
    expect(server.port).toBeGreaterThan(0);
    const first = await post('{"runId":"run-1","reason":"stop"}');
    expect([first.status, await first.json()]).toEqual([202, { ok: true, state: 'CANCELLED' }]);
    expect(await (await post('{}')).json()).toEqual({ ok: true, duplicate: true, state: 'CANCELLED' });
    expect(calls).toEqual([['run-1', 'stop']]);
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['a null reason', '{"runId":"run-1","reason":null}'],
    ['the snake_case id', '{"run_id":"run-1"}'],
  ])('may have %s', async (_name, body) => {
    await start();
    expect((await post(body)).status).toBe(202);
    expect(calls[0]?.[1]).toBe('cancelled by control plane');
  });

  it('may come without a content type and with a query', async () => {
    await start({ path: 'agent/cancel' });
    expect((await post('{}', { 'content-type': 'text/plain' }, `${server.url}?x=1`)).status).toBe(202);
  });

  it('may come 100 times at once: one cancels, 99 are duplicates', async () => {
    await start();
    const answers = (await Promise.all(Array.from({ length: 100 }, async () => (await post('{}')).json()))) as { duplicate?: boolean }[];
    expect(calls).toHaveLength(1);
    expect(answers.filter((answer) => answer.duplicate === true)).toHaveLength(99);
  });
});

describe('a bad request', () => {
  it('gets 404 for another path and 405 for another method', async () => {
    await start({ bearer: 's' });
    expect((await fetch(new URL('/other', server.url), { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.url}/`, { method: 'POST' })).status).toBe(404);
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(server.url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it.each(['{', '[]', 'null', '1', '"x"', '{"runId":7}', '{"reason":{}}'])('gets 400 for the body %s', async (body) => {
    await start();
    expect((await post(body)).status).toBe(400);
    expect(calls).toEqual([]);
  });

  it('gets 413 over 64 KiB', async () => {
    await start();
    expect((await post(`{"reason":"${'x'.repeat(65_536)}"}`)).status).toBe(413);
  });

  it('gets 409 for another run', async () => {
    await start();
    expect((await post('{"runId":"run-2"}')).status).toBe(409);
  });

  it('gets 401 without the right bearer, before its body is read', async () => {
    await start({ bearer: 'right' });
    expect((await post('{')).status).toBe(401);
    expect((await post('{}', { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post('{}', { authorization: 'Basic right' })).status).toBe(401);
    expect((await post('{}', { authorization: 'bearer right' })).status).toBe(202);
  });

  it('gets 403 from a web page when there is no bearer', async () => {
    await start();
    expect((await post('{}', { origin: 'http://evil.example' })).status).toBe(403);
  });

  it('gets 408 when it is too slow, headers or body', async () => {
    await start({ requestTimeoutMs: 100 });
    for (const text of ['POST /agent/cancel HTTP/1.1\r\nhost: x\r\n', 'POST /agent/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{']) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(text);
      let received = '';
      socket.on('data', (data) => (received += String(data)));
      await once(socket, 'close');
      expect(received).toContain('408');
    }
    expect((await post('{}')).status).toBe(202);
  });
});

describe('a handler that fails', () => {
  it('becomes 403 when the runtime forbids it, and is tried again by the next request', async () => {
    let tries = 0;
    await start({
      onCancel: () => {
        tries += 1;
        if (tries === 1) throw new MacpError('FORBIDDEN', 'only risk-agent may cancel');
      },
    });
    const refused = await post('{}');
    expect([refused.status, await refused.json()]).toEqual([403, { ok: false, code: 'FORBIDDEN', error: 'only risk-agent may cancel' }]);
    expect(await (await post('{}')).json()).toEqual({ ok: true });
  });

  it('becomes 500 without its message when it is foreign', async () => {
    await start({ onCancel: () => Promise.reject(new Error('secret')) });
    const response = await post('{}');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });
});

describe('the listener', () => {
  it('tells its health', async () => {
    await start({ bearer: 's' });
    expect((await fetch(new URL('/healthz', server.url))).status).toBe(204);
  });

  it('refuses a non-loopback host without a bearer, and names the fix', async () => {
    await start();
    await expect(startCancelCallbackServer({ host: '0.0.0.0', port: 0, path: '/x', onCancel: () => undefined })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('MACP_CANCEL_CALLBACK_BEARER') as string,
    });
    await expect(startCancelCallbackServer({ host: '127.0.0.1', port: 0, path: '/x', bearer: '', onCancel: () => undefined })).rejects.toThrow('empty bearer');
  });

  it('serves every host with a bearer', async () => {
    await start({ host: '0.0.0.0', bearer: 's' });
    expect((await post('{}', { authorization: 'Bearer s' }, `http://127.0.0.1:${server.port}/agent/cancel`)).status).toBe(202);
  });

  it('warns when it has no bearer', async () => {
    const warnings: string[] = [];
    const ignore = (): void => undefined;
    await start({ logger: { debug: ignore, info: ignore, error: ignore, warn: (text) => warnings.push(text) } });
    expect(warnings).toHaveLength(1);
  });

  it('names a port that is taken', async () => {
    await start();
    await expect(startCancelCallbackServer({ host: '127.0.0.1', port: server.port, path: '/x', onCancel: () => undefined })).rejects.toThrow('EADDRINUSE');
  });

  it('lets an answer go out while it closes, then refuses', async () => {
    const gate = deferred();
    const taken = deferred();
    await start({
      onCancel: () => {
        taken.resolve();
        return gate.promise;
      },
    });
    const answer = post('{}');
    await taken.promise;
    const closed = server.close(5_000);
    gate.resolve();
    expect((await answer).status).toBe(202);
    await closed;
    await server.close();
    await expect(post('{}')).rejects.toThrow('fetch failed');
  });

  it('still answers further clicks that come while it closes after a cancel', async () => {
    await start();
    expect((await post('{}')).status).toBe(202);
    const closed = server.close();
    const answers = await Promise.all(Array.from({ length: 10 }, async () => (await post('{}')).json()));
    expect(answers).toEqual(Array.from({ length: 10 }, () => ({ ok: true, duplicate: true, state: 'CANCELLED' })));
    await closed;
    await expect(post('{}')).rejects.toThrow('fetch failed');
  });

  it('cuts a client that never ends when the grace time is over', async () => {
    await start();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('POST /agent/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    await server.close(10);
    await ended;
  });

  it('stops with its signal', async () => {
    await start();
    const controller = new AbortController();
    controller.abort();
    await expect(
      startCancelCallbackServer({ host: '127.0.0.1', port: 0, path: '/x', signal: controller.signal, onCancel: () => undefined }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
