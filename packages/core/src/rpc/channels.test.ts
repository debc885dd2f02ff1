import { startRuntime } from '@macp-agent/runtime';
import { expect, it, vi } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { DecisionSession } from '../session/decision-session.js';

it('follows more sessions than one connection has streams, under one signal, and still gets answers', async () => {
  await using runtime = await startRuntime({ limits: { maxConcurrentStreams: 128 } });
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('coord') });
  const warned = vi.fn<(warning: Error) => void>();
  process.on('warning', warned);
  const shutdown = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: 250 }, async () => {
      const session = new DecisionSession(client);
      await session.start({ intent: 'decide', participants: ['coord'], ttlMs: 60_000 });
      return session.openStream({ signal: shutdown.signal });
    }),
  );
  const types = await Promise.all(streams.map(async (stream) => (await stream.read(10_000))?.messageType));
  expect(new Set(types)).toEqual(new Set(['SessionStart']));
  expect(await client.listSessions()).toHaveLength(250);
  shutdown.abort();
  await Promise.all(streams.map((stream) => expect(stream.read()).rejects.toMatchObject({ code: 'ABORTED' })));
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});
