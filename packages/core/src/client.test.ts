import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODE_DECISION, type Ack, type Envelope } from '@macp-agent/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Auth, type TokenSource } from './auth.js';
import { MacpClient } from './client.js';
import { buildEnvelope, buildSessionStartPayload } from './envelope.js';
import { MacpAckError, MacpIdentityMismatchError, MacpRetryError, MacpSdkError, MacpTimeoutError, MacpTransportError } from './errors.js';
import { newSessionId } from './ids.js';
import { tokenFile } from './load-token-file.js';
import { silentLogger, type Logger } from './logger.js';
import { ackOf, ScriptedRuntime, type Script } from './scripted-runtime.test.support.js';
import { DecisionSession } from './session/decision-session.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function setUp(script: Script = {}, token: string | TokenSource = 'coord') {
  const runtime = await ScriptedRuntime.start(script);
  const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer(token, { expectedSender: 'coord' }) });
  open.push(client, runtime);
  return { runtime, client };
}

const start = (sender = ''): Envelope =>
  buildEnvelope({
    mode: MODE_DECISION,
    messageType: 'SessionStart',
    sessionId: newSessionId(),
    sender,
    payload: buildSessionStartPayload({ intent: 'x', participants: ['coord', 'a'], ttlMs: 60_000 }),
  });

const nack = (envelope: Envelope, code: string, details = ''): { ack: Ack } => ({
  ack: {
    ...ackOf(envelope, 'SESSION_STATE_UNSPECIFIED'),
    ok: false,
    error: { code, message: 'no', sessionId: envelope.sessionId, messageId: envelope.messageId, details: Buffer.from(details) },
  },
});

describe('sending', () => {
  it('repeats a lost answer with the same message id, and the message counts once', async () => {
    const { runtime, client } = await setUp({
      send(envelope, count, answer) {
        if (count > 1) return false;
        runtime.accept(envelope, 'coord');
        answer({ code: 14, details: 'connection lost after acceptance' });
        return true;
      },
    });
    const envelope = start();
    const ack = await client.send(envelope);
    expect(ack).toMatchObject({ ok: true, duplicate: true });
    expect(runtime.sent.map(({ messageId }) => messageId)).toEqual([envelope.messageId, envelope.messageId]);
    expect(runtime.sessions.get(envelope.sessionId)?.log).toHaveLength(1);
  });

  it.each(['RATE_LIMITED', 'INTERNAL_ERROR'])('repeats a message refused with %s', async (code) => {
    const { runtime, client } = await setUp({
      send(envelope, count, answer) {
        if (count > 2) return false;
        answer(null, nack(envelope, code));
        return true;
      },
    });
    expect(await client.send(start())).toMatchObject({ ok: true, duplicate: false });
    expect(runtime.sent).toHaveLength(3);
  });

  it('throws other refusals at once, with code, reasons and what to do', async () => {
    const { runtime, client } = await setUp({
      send(envelope, _count, answer) {
        answer(null, nack(envelope, 'POLICY_DENIED', '{"reasons":["quorum not met"]}'));
        return true;
      },
    });
    const envelope = start();
    const error = await client.send(envelope).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpAckError);
    expect(error).toMatchObject({ code: 'POLICY_DENIED', retryable: false, failure: { reasons: ['quorum not met'], messageId: envelope.messageId } });
    expect(String(error)).toMatch(/POLICY_DENIED: no \(quorum not met\).*Read the reasons/);
    expect(runtime.sent).toHaveLength(1);
    expect(await client.send(envelope, { raiseOnNack: false })).toMatchObject({ ok: false });
  });

  it('keeps a code that it does not know', async () => {
    const { client } = await setUp({
      send(envelope, _count, answer) {
        answer(null, nack(envelope, 'SOMETHING_NEW'));
        return true;
      },
    });
    await expect(client.send(start())).rejects.toMatchObject({ code: 'TRANSPORT', failure: { code: 'SOMETHING_NEW' } });
  });

  it('gives up after a limited number of tries', async () => {
    const { runtime, client } = await setUp({
      send(_envelope, _count, answer) {
        answer({ code: 14, details: 'away' });
        return true;
      },
    });
    const error = await client.send(start(), { retry: { maxRetries: 2, baseMs: 1, maxMs: 2 } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpRetryError);
    expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED', attempts: 3, grpcStatus: 'UNAVAILABLE', cause: { code: 'UNAVAILABLE' } });
    expect(runtime.sent).toHaveLength(3);
  });

  it('goes on with the same message id until a runtime that was away is back', async () => {
    const runtime = await ScriptedRuntime.start();
    const { address, port } = runtime;
    let failed = 0;
    let backAgain: Promise<ScriptedRuntime> | undefined;
    const logger: Logger = {
      ...silentLogger,
      debug(message) {
        if (message !== 'a call failed and is tried again') return;
        failed += 1;
        if (failed === 12) backAgain = ScriptedRuntime.start({}, undefined, port);
      },
    };
    const client = new MacpClient({ address, allowInsecure: true, auth: Auth.devAgent('coord'), logger });
    open.push(client, runtime);
    await client.initialize();
    runtime.close();
    const envelope = start();
    expect(await client.send(envelope, { retry: { baseMs: 2, maxMs: 10 } })).toMatchObject({ ok: true, duplicate: false, messageId: envelope.messageId });
    const back = await backAgain;
    if (back !== undefined) open.push(back);
    expect(back?.sent.map(({ messageId }) => messageId)).toEqual([envelope.messageId]);
  });

  it('does not repeat what cannot succeed', async () => {
    const { runtime, client } = await setUp({
      send(_envelope, _count, answer) {
        answer({ code: 3, details: 'no envelope' });
        return true;
      },
    });
    await expect(client.send(start())).rejects.toMatchObject({ code: 'INVALID_ENVELOPE', grpcStatus: 'INVALID_ARGUMENT' });
    expect(runtime.sent).toHaveLength(1);
  });
});

describe('limits and cancelling', () => {
  const silent: Script = { send: () => true };

  it('ends with TIMEOUT within its limit', async () => {
    const { client } = await setUp(silent);
    const began = performance.now();
    const error = await client.send(start(), { timeoutMs: 120 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpTimeoutError);
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('ends with ABORTED when its signal fires, and leaves no listener behind', async () => {
    const { runtime, client } = await setUp(silent);
    const controller = new AbortController();
    const sending = client.send(start(), { signal: controller.signal }).catch((error: unknown) => error);
    await runtime.until(() => runtime.sent.length > 0);
    controller.abort();
    expect(await sending).toMatchObject({ code: 'ABORTED' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('sends nothing when its signal has fired before', async () => {
    const { runtime, client } = await setUp();
    await expect(client.send(start(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(runtime.sent).toHaveLength(0);
  });

  it('refuses calls after close', async () => {
    const { client } = await setUp();
    await client.initialize();
    await client.close();
    await client.close();
    await expect(client.listModes()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('names the address when nobody listens', async () => {
    const { runtime, client } = await setUp();
    runtime.close();
    const error = await client.getSession('x', { timeoutMs: 300 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpTransportError);
    expect(String(error)).toContain(runtime.address);
  });
});

describe('credentials', () => {
  it.each([
    ['raw send', (client: MacpClient) => client.send(start('mallory'))],
    ['sendSignal', (client: MacpClient) => client.sendSignal({ signalType: 'x', sender: 'mallory' })],
    ['sendProgress', (client: MacpClient) => client.sendProgress({ progressToken: 't', progress: 1, sender: 'mallory' })],
    ['start', (client: MacpClient) => new DecisionSession(client).start({ intent: 'x', participants: ['coord'], ttlMs: 1_000, sender: 'mallory' })],
    ['vote', (client: MacpClient) => new DecisionSession(client).vote({ proposalId: 'p1', vote: 'APPROVE', sender: 'mallory' })],
    ['vote, sender in the options', (client: MacpClient) => new DecisionSession(client).vote({ proposalId: 'p1', vote: 'APPROVE' }, { sender: 'mallory' })],
  ])('refuse another sender before anything is sent: %s', async (_name, act) => {
    const { runtime, client } = await setUp();
    const error = await act(client).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MacpIdentityMismatchError);
    expect(error).toMatchObject({ code: 'IDENTITY_MISMATCH', expected: 'coord', actual: 'mallory', expectedSender: 'coord', actualSender: 'mallory' });
    expect(runtime.sent).toHaveLength(0);
  });

  it('are chosen per call, then per session, then per client', async () => {
    const { runtime, client } = await setUp();
    const envelope = start();
    await client.send(envelope);
    const session = new DecisionSession(client, { sessionId: envelope.sessionId, auth: Auth.devAgent('a') });
    await session.propose({ proposalId: 'p1', option: 'x' });
    await session.vote({ proposalId: 'p1', vote: 'approve' }, { auth: Auth.devAgent('coord') });
    expect(runtime.tokens).toEqual(['coord', 'a', 'coord']);
    expect(runtime.sent.map(({ sender }) => sender)).toEqual(['', 'a', 'coord']);
  });

  it('are renewed once when Send refuses them', async () => {
    const tokens = ['old', 'coord'];
    const asked: boolean[] = [];
    const { runtime, client } = await setUp(
      {
        send(envelope, _count, answer) {
          if (runtime.tokens.at(-1) !== 'old') return false;
          answer(null, nack(envelope, 'UNAUTHENTICATED'));
          return true;
        },
      },
      ({ refused }) => {
        asked.push(refused);
        return tokens.shift() ?? 'none';
      },
    );
    expect(await client.send(start())).toMatchObject({ ok: true });
    expect(runtime.tokens).toEqual(['old', 'coord']);
    expect(asked).toEqual([false, true]);
  });

  it('are renewed before they end, and asked for once by calls at the same time', async () => {
    let asked = 0;
    const { client } = await setUp({}, () => {
      asked += 1;
      return { token: 'coord', expiresAtUnixMs: Date.now() + (asked === 1 ? 1_000 : 3_600_000) };
    });
    await Promise.all([client.send(start()), client.send(start())]);
    expect(asked).toBe(1);
    // The first token ends within the margin for renewal.
    await client.send(start());
    await client.send(start());
    expect(asked).toBe(2);
  });

  it('can come from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'macp-token-'));
    try {
      await writeFile(join(folder, 'token'), 'coord\n');
      const { runtime, client } = await setUp({}, tokenFile(join(folder, 'token')));
      await client.send(start());
      expect(runtime.tokens).toEqual(['coord']);
      const missing = await setUp({}, tokenFile(join(folder, 'none')));
      await expect(missing.client.send(start())).rejects.toMatchObject({ code: 'CREDENTIAL_REQUIRED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are asked for by name when there are none', async () => {
    const { runtime } = await setUp();
    const client = new MacpClient({ address: runtime.address, allowInsecure: true });
    open.push(client);
    await expect(client.send(start())).rejects.toThrow(/this operation requires auth/);
    await expect(client.send(start(), { auth: { bearerToken: '' } })).rejects.toThrow(/bearerToken is required/);
    expect(() => client.openStream()).toThrow(MacpSdkError);
  });

  it('never show in an error', async () => {
    const { client } = await setUp({}, 'very-secret-token');
    const error = await client.getSession('x').catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('very-secret-token');
  });
});
