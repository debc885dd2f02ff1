import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MODE_DECISION } from '@macp-agent/protocol';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { buildEnvelope } from '../envelope.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { DecisionSession } from '../session/decision-session.js';

const auth = Auth.bearer('ann', { expectedSender: 'ann' });
let runtime: ScriptedRuntime;
let client: MacpClient;

beforeEach(async () => {
  runtime = await ScriptedRuntime.start();
  client = new MacpClient({ address: runtime.address, allowInsecure: true, auth });
});

afterEach(async () => {
  await client.close();
  await runtime[Symbol.asyncDispose]();
});

async function startSession(): Promise<DecisionSession> {
  const session = new DecisionSession(client);
  await session.start({ intent: 'decide', participants: ['ann'], ttlMs: 60_000 });
  return session;
}

describe('a raw stream', () => {
  it('ends with its signal: at the runtime, for who reads and for who writes', async () => {
    const session = await startSession();
    const controller = new AbortController();
    const stream = client.openStream({ signal: controller.signal });
    await stream.sendSubscribe(session.sessionId);
    expect(await stream.read()).toMatchObject({ messageType: 'SessionStart' });
    const next = stream.read();
    controller.abort();
    await expect(next).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(stream.sendSubscribe(session.sessionId)).rejects.toMatchObject({ code: 'ABORTED' });
    await runtime.until(() => runtime.streamsCancelled === 1);
  });

  it('and that of a session give up one read by its signal or limit, and go on', async () => {
    const session = await startSession();
    const raw = client.openStream();
    await raw.sendSubscribe(session.sessionId);
    for (const stream of [raw, session.openStream()]) {
      await stream.read();
      const controller = new AbortController();
      const read = stream.read({ signal: controller.signal });
      controller.abort();
      await expect(read).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(stream.read(1)).rejects.toMatchObject({ code: 'TIMEOUT' });
      await expect(stream.read({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    }
    const next = raw.read();
    await session.propose({ proposalId: 'p1', option: 'ship' });
    expect(await next).toMatchObject({ messageType: 'Proposal' });
    raw.cancel();
  });

  it('that is cancelled before it is open is never opened at the runtime', async () => {
    const session = await startSession();
    const stream = client.openStream();
    stream.cancel();
    expect(await stream.read()).toBeNull();
    await expect(stream.sendSubscribe(session.sessionId)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.getSession(session.sessionId)).resolves.toBeDefined();
    expect(runtime.streamsOpened).toBe(0);
  });

  it('fails with TIMEOUT when the runtime takes no more, and with IDENTITY_MISMATCH before it writes for somebody else', async () => {
    const stuck = await ScriptedRuntime.start({
      subscribe: (call) => {
        call.pause();
        return true;
      },
    });
    await using other = new MacpClient({ address: stuck.address, allowInsecure: true, auth, defaultTimeoutMs: 200 });
    const stream = other.openStream();
    const envelope = (sender: string) => {
      const payload = Buffer.alloc(262_144);
      return buildEnvelope({ mode: MODE_DECISION, messageType: 'Proposal', sessionId: 's', sender, payload });
    };
    await expect(stream.send(envelope('bob'))).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
    await stream.sendSubscribe('s');
    const writeUntilStuck = async (): Promise<void> => {
      for (let written = 0; written < 64; written += 1) await stream.send(envelope('ann'));
    };
    await expect(writeUntilStuck()).rejects.toMatchObject({ code: 'TIMEOUT' });
    stream.cancel();
    await stuck[Symbol.asyncDispose]();
  });
});
