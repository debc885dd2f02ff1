import { randomUUID } from 'node:crypto';
import { ProgressPayload, SignalPayload } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { LEAD, PEER, TestClient } from '../client.test.support.js';
import { startRuntime } from '../start-runtime.js';

it('broadcasts accepted signals and progress, with the authenticated sender, to every watcher and to no session stream', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.subscribe(id);
  await stream.take(1);
  const watches = [client.watch('WatchSignals', LEAD), client.watch('WatchSignals', PEER)];
  await Promise.all(watches.map((watch) => watch.until(({ headers }) => headers)));
  const signal = SignalPayload.encode({ signalType: 'ready', correlationSessionId: id });
  expect(await client.send({ messageType: 'Signal', mode: '', payload: signal }, PEER)).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_OPEN' });
  const progress = ProgressPayload.encode({ progressToken: 't', progress: 1 });
  expect((await client.send({ messageType: 'Progress', sessionId: id, payload: progress }, PEER)).ok).toBe(true);
  for (const watch of watches) {
    expect((await watch.take(2)).map(({ envelope }) => [envelope?.messageType, envelope?.sender])).toEqual([
      ['Signal', PEER],
      ['Progress', PEER],
    ]);
  }
  await client.propose(id);
  expect(await stream.messageTypes(1)).toEqual(['Proposal']);
});

it('refuses signals without a type, bytes that are none, and progress for a session of others', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const codeOf = async (envelope: Parameters<TestClient['send']>[0], token = PEER) => (await client.send({ mode: '', ...envelope }, token)).error?.code;
  expect(await codeOf({ messageType: 'Signal', payload: SignalPayload.encode({ signalType: ' ', data: Buffer.from('x') }) })).toBe('INVALID_ENVELOPE');
  expect(await codeOf({ messageType: 'Signal', payload: Buffer.from([0x0a, 0x50]) })).toBe('INVALID_ENVELOPE');
  expect(await codeOf({ messageType: 'Signal', sessionId: id })).toBe('INVALID_ENVELOPE');
  expect(await codeOf({ messageType: 'Progress', mode: 'm' })).toBe('INVALID_ENVELOPE');
  expect(await codeOf({ messageType: 'Progress', mode: 'm', sessionId: randomUUID() })).toBe('SESSION_NOT_FOUND');
  expect(await codeOf({ messageType: 'Progress', mode: 'm', sessionId: id }, 'agent://outsider')).toBe('FORBIDDEN');
  expect(await codeOf({ messageType: 'Signal' })).toBeUndefined();
});
