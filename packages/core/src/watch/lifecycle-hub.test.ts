import { expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { DecisionSession } from '../session/decision-session.js';

it('follows any number of sessions of one token over one WatchSessions call, which ends with the last of them', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true });
  const sessions = Array.from({ length: 50 }, () => new DecisionSession(client, { auth: Auth.devAgent('ann') }));
  const cancelled = sessions.map(async (session) => {
    const stream = session.openStream();
    await session.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
    await stream.read();
    await runtime.until(() => runtime.watches > 0);
    expect(runtime.watches).toBe(1);
    await session.cancel('enough');
    for await (const { messageType } of stream) expect(messageType).not.toBe('SessionStart');
    return stream.state;
  });
  expect(new Set(await Promise.all(cancelled))).toEqual(new Set(['CANCELLED']));
  await runtime.until(() => runtime.watches === 0);
});
