import { afterEach, describe, expect, it } from 'vitest';
import { Auth, type TokenSource } from '../auth.js';
import { MacpClient } from '../client.js';
import { newSessionId } from '../ids.js';
import { ScriptedRuntime, type Script } from '../scripted-runtime.test.support.js';
import { DecisionSession } from '../session/decision-session.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

const never: TokenSource = () => new Promise<string>(() => undefined);
const start = { intent: 'decide', participants: ['ann'], ttlMs: 60_000 };

async function connect(
  token: string | TokenSource,
  options: { readonly script?: Script; readonly defaultTimeoutMs?: number } = {},
): Promise<{ runtime: ScriptedRuntime; client: MacpClient }> {
  const { script, defaultTimeoutMs } = options;
  const runtime = await ScriptedRuntime.start(script);
  const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer(token), defaultTimeoutMs });
  open.push(runtime, client);
  return { runtime, client };
}

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

const ways: readonly (readonly [string, (client: MacpClient, signal?: AbortSignal) => Promise<unknown>])[] = [
  ['a call', (client, signal) => client.getSession(newSessionId(), { signal })],
  ['a watch', (client, signal) => all(client.watchSessions({ signal }))],
  ['a raw stream', (client, signal) => client.openStream({ signal }).sendSubscribe(newSessionId())],
];

describe('a token source that hangs', () => {
  it.each(ways)('holds %s for its limit and no longer', async (_name, use) => {
    const { client } = await connect(never, { defaultTimeoutMs: 50 });
    await expect(use(client)).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('the token source gave no token') as string });
  });

  it.each(ways)('does not keep the signal from ending %s at once', async (_name, use) => {
    const { client } = await connect(never);
    const controller = new AbortController();
    const used = use(client, controller.signal);
    controller.abort();
    await expect(used).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('does not keep the stream of a session from closing', async () => {
    const { client } = await connect(never);
    const stream = new DecisionSession(client).openStream();
    await stream[Symbol.asyncDispose]();
    expect(await stream.read()).toBeNull();
  });
});

describe('a token', () => {
  it.each(['token\n', 'tökén', 'to\u0000ken'])('that no header can carry is refused without being shown: %j', async (token) => {
    const { client } = await connect(token);
    for (const [, use] of ways) {
      const error: unknown = await use(client).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CREDENTIAL_REQUIRED' });
      expect(String(error)).not.toContain(token);
    }
  });

  it('is fetched once for any number of calls that were refused together', async () => {
    const asked: boolean[] = [];
    const { runtime, client } = await connect(
      ({ refused }) => {
        asked.push(refused);
        return refused ? 'ann' : 'old';
      },
      {
        script: {
          send(envelope, _count, answer) {
            if (runtime.tokens.at(-1) !== 'old') return false;
            const { sessionId, messageId } = envelope;
            const error = { code: 'UNAUTHENTICATED', message: 'no', sessionId, messageId, details: Buffer.alloc(0) };
            answer(null, { ack: { ok: false, duplicate: false, messageId, sessionId, acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_UNSPECIFIED', error } });
            return true;
          },
        },
      },
    );
    await Promise.all(Array.from({ length: 64 }, () => new DecisionSession(client).start(start)));
    expect(asked).toEqual([false, true]);
  });
});
