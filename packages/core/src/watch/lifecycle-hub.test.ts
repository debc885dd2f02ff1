import type { SessionState } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { DecisionSession } from '../session/decision-session.js';
import type { LifecycleHub } from './lifecycle-hub.js';

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

it('keeps one watch between sessions while it is held, and knows what that has told without asking', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true });
  const auth = Auth.devAgent('ann');
  const hub = client.lifecycleHub(auth);
  const release = hub.hold();
  await runtime.until(() => runtime.watches === 1);
  for (const ended of ['CANCELLED', 'EXPIRED'] as const) {
    const session = new DecisionSession(client, { auth });
    await session.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
    // Nobody follows it yet.
    const other = new DecisionSession(client, { auth });
    await other.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
    runtime.move(session.sessionId, ended, `EVENT_TYPE_${ended}`);
    runtime.move(other.sessionId, 'SUSPENDED', 'EVENT_TYPE_SUSPENDED');
    // Events come in order: what happened before is known by then.
    await inState(hub, other.sessionId, 'SUSPENDED');
    const before = runtime.lookUps;
    expect(knownState(hub, session.sessionId)).toBe(ended);
    expect(runtime.lookUps).toBe(before);
  }
  expect(runtime.watches).toBe(1);
  release();
  release();
  await runtime.until(() => runtime.watches === 0);
});

it('asks again after the watch was away, for it may have missed a change', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true });
  const auth = Auth.devAgent('ann');
  const session = new DecisionSession(client, { auth });
  await session.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
  const hub = client.lifecycleHub(auth);
  const release = hub.hold();
  await inState(hub, session.sessionId, 'OPEN');
  expect(knownState(hub, session.sessionId)).toBe('OPEN');
  runtime.script.watchSessions = false;
  runtime.breakWatches();
  // The hub is trying again.
  await runtime.until(() => runtime.watchCalls === 2);
  expect(knownState(hub, session.sessionId)).toBeUndefined();
  release();
});

/** Follows until a session is in a state, and lets go of it. */
const inState = (hub: LifecycleHub, sessionId: string, wanted: SessionState): Promise<void> =>
  new Promise((resolve) => {
    const unfollow = hub.follow(sessionId, ({ state }) => {
      if (state !== wanted) return;
      queueMicrotask(() => unfollow());
      resolve();
    });
  });

/** What a listener hears while `follow` is still being called. */
function knownState(hub: LifecycleHub, sessionId: string): SessionState | undefined {
  let known: SessionState | undefined;
  const unfollow = hub.follow(sessionId, ({ state }) => {
    known = state;
  });
  unfollow();
  return known;
}
