import { expect, it } from 'vitest';
import { startFakeOpenAi } from './fake-openai.js';
import { startFaultProxy } from './fault-proxy.js';
import { startTestRuntime } from './start-test-runtime.js';

const starts = {
  startTestRuntime: (signal: AbortSignal) => startTestRuntime({ signal }),
  startFaultProxy: (signal: AbortSignal) => startFaultProxy('127.0.0.1:9', { signal }),
  startFakeOpenAi: (signal: AbortSignal) => startFakeOpenAi(() => ({ content: '' }), { signal }),
};

it.each(Object.entries(starts))('%s gives up with ABORTED when its signal fired before', async (_name, start) => {
  await expect(start(AbortSignal.abort('changed my mind'))).rejects.toMatchObject({ code: 'ABORTED', cause: 'changed my mind' });
});

it.each(Object.entries(starts))('%s gives up with ABORTED when its signal fires while it starts', async (_name, start) => {
  const changedMind = new AbortController();
  const starting = start(changedMind.signal);
  changedMind.abort();
  await expect(starting).rejects.toMatchObject({ code: 'ABORTED' });
});

it.each(Object.entries(starts))('%s goes on when its signal fires later', async (_name, start) => {
  const later = new AbortController();
  await using started = await start(later.signal);
  later.abort();
  expect(started).toMatchObject({ close: expect.any(Function) });
});
