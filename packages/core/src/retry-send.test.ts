import { MODE_DECISION, type Ack, type Envelope } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { Auth } from './auth.js';
import { MacpClient } from './client.js';
import { buildEnvelope, buildSessionStartPayload } from './envelope.js';
import { MacpAckError, MacpRetryError } from './errors.js';
import { newSessionId } from './ids.js';
import { retrySend } from './retry-send.js';
import { ScriptedRuntime, type Script } from './scripted-runtime.test.support.js';

const policy = { backoffBase: 0.001, backoffMax: 0.002 };

const start = (): Envelope =>
  buildEnvelope({
    mode: MODE_DECISION,
    messageType: 'SessionStart',
    sessionId: newSessionId(),
    payload: buildSessionStartPayload({ intent: 'x', participants: ['ann', 'bob'], ttlMs: 60_000 }),
  });

const refusing =
  (code: string, times = Number.POSITIVE_INFINITY): NonNullable<Script['send']> =>
  ({ messageId, sessionId }, count, answer) => {
    if (count > times) return false;
    const ack: Ack = { ok: false, duplicate: false, messageId, sessionId, acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_OPEN' };
    answer(null, { ack: { ...ack, error: { code, message: 'no', sessionId, messageId, details: Buffer.alloc(0) } } });
    return true;
  };

const failed = (sending: Promise<Ack>): Promise<unknown> => sending.catch((error: unknown) => error);

async function withRuntime(send: NonNullable<Script['send']>, work: (client: MacpClient, runtime: ScriptedRuntime) => Promise<void>): Promise<void> {
  await using runtime = await ScriptedRuntime.start({ send });
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent('ann') });
  await work(client, runtime);
}

describe('retrySend', () => {
  it('repeats a refused message with the same id until it is accepted', () =>
    withRuntime(refusing('RATE_LIMITED', 2), async (client, runtime) => {
      const envelope = start();
      expect(await retrySend(client, envelope, { policy })).toMatchObject({ ok: true });
      expect(runtime.sent.map(({ messageId }) => messageId)).toEqual(Array.from({ length: 3 }, () => envelope.messageId));
    }));

  it('gives up after 3 retries, with the last refusal as cause', () =>
    withRuntime(refusing('INTERNAL_ERROR'), async (client, runtime) => {
      const error = await failed(retrySend(client, start(), { policy }));
      expect(error).toBeInstanceOf(MacpRetryError);
      expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED', cause: { code: 'INTERNAL_ERROR' }, context: { messageId: runtime.sent[0]?.messageId } });
      expect(String(error)).toContain('retries exhausted after 3 attempts');
      expect(runtime.sent).toHaveLength(4);
    }));

  it('gives up after lost connections in the same way', () =>
    withRuntime(
      (_envelope, _count, answer) => {
        answer({ code: 14, details: 'away' });
        return true;
      },
      async (client) => {
        const error = await failed(retrySend(client, start(), { policy: { ...policy, maxRetries: 1 } }));
        expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED', cause: { code: 'UNAVAILABLE' } });
        expect(String(error)).toContain('retries exhausted after 1 attempts');
      },
    ));

  it('does not repeat what cannot succeed', () =>
    withRuntime(refusing('FORBIDDEN'), async (client, runtime) => {
      expect(await failed(retrySend(client, start()))).toBeInstanceOf(MacpAckError);
      expect(runtime.sent).toHaveLength(1);
    }));

  it('ends with ABORTED when its signal fires', () =>
    withRuntime(refusing('RATE_LIMITED'), async (client, runtime) => {
      const controller = new AbortController();
      const error = failed(retrySend(client, start(), { signal: controller.signal, policy: { backoffBase: 60, backoffMax: 60 }, timeoutMs: 120_000 }));
      await runtime.until(() => runtime.sent.length === 1);
      controller.abort();
      expect(await error).toMatchObject({ code: 'ABORTED' });
    }));
});
