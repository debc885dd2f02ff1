import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startFaultProxy } from './fault-proxy.js';

async function startEcho(): Promise<{ address: string; close(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const dial = (address: string) => connect(Number(address.split(':')[1]), '127.0.0.1');

// `once` would reject with the error that is expected here.
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));

it('passes bytes on, holds them, and lets go of them', async () => {
  const echo = await startEcho();
  await using proxy = await startFaultProxy(echo.address);
  const socket = dial(proxy.address);
  socket.write('one');
  expect(String((await once(socket, 'data'))[0])).toBe('one');
  proxy.hold();
  socket.write('two');
  const answers: string[] = [];
  socket.on('data', (data) => answers.push(String(data)));
  // A whole round trip past the proxy is enough time for bytes that are not held.
  const direct = dial(echo.address);
  direct.write('direct');
  await once(direct, 'data');
  expect(answers).toEqual([]);
  proxy.release();
  await once(socket, 'data');
  expect(answers).toEqual(['two']);
  proxy.release();
  socket.write('three');
  await once(socket, 'data');
  expect(answers).toEqual(['two', 'three']);
  direct.destroy();
  socket.destroy();
  echo.close();
});

it('cuts open connections and takes new ones', async () => {
  const echo = await startEcho();
  await using proxy = await startFaultProxy(echo.address);
  const socket = dial(proxy.address);
  socket.on('error', () => socket.destroy());
  socket.write('one');
  await once(socket, 'data');
  proxy.cut();
  await closed(socket);
  const next = dial(proxy.address);
  next.write('two');
  expect(String((await once(next, 'data'))[0])).toBe('two');
  next.destroy();
  echo.close();
});

it('refuses connections until it accepts again', async () => {
  const echo = await startEcho();
  await using proxy = await startFaultProxy(echo.address);
  proxy.refuse();
  const socket = dial(proxy.address);
  socket.on('error', () => socket.destroy());
  await closed(socket);
  proxy.accept();
  const next = dial(proxy.address);
  next.write('two');
  expect(String((await once(next, 'data'))[0])).toBe('two');
  next.destroy();
  echo.close();
});
