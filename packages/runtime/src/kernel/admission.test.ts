import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { MODE_DECISION, MODE_TASK, SessionStartPayload, type Envelope } from '@macp-agent/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fill, LEAD, PARTICIPANTS, PEER, proposal, TestClient } from '../client.test.support.js';
import { startRuntime, type Runtime } from '../start-runtime.js';

let runtime: Runtime;
let client: TestClient;
beforeAll(async () => {
  const identity = { token: 'lead', sender: LEAD };
  runtime = await startRuntime({
    identities: [
      identity,
      { token: 'peer', sender: PEER, canStartSessions: false, allowedModes: [MODE_DECISION] },
      { token: 'two', sender: 'agent://two', maxOpenSessions: 1 },
      { token: 'none', sender: 'agent://none', maxOpenSessions: 0 },
      { token: 'watcher', sender: 'agent://watcher', isObserver: true },
    ],
    limits: { maxPayloadBytes: 2000 },
    policies: [{ policyId: 'policy.task', mode: MODE_TASK, description: '', rules: {}, schemaVersion: 1 }],
  });
  client = new TestClient(runtime.address);
});
afterAll(async () => {
  client[Symbol.dispose]();
  await runtime.close();
});

const startPayload = (start: Partial<SessionStartPayload> = {}): Buffer =>
  SessionStartPayload.encode({ participants: PARTICIPANTS, modeVersion: '1.0.0', configurationVersion: 'c', ttlMs: 60_000, ...start });

const start = (over: Partial<Envelope> = {}, payload: Partial<SessionStartPayload> = {}): Partial<Envelope> => ({
  messageType: 'SessionStart',
  sessionId: randomUUID(),
  payload: startPayload(payload),
  ...over,
});

async function codeOf(envelope: Partial<Envelope>, token: string | undefined = 'lead'): Promise<string | undefined> {
  const ack = await client.send(envelope, token);
  expect(ack.ok).toBe(ack.error === undefined);
  return ack.error?.code;
}

it('fails the call only when there is no envelope', async () => {
  await expect(client.call('Send', {}, 'lead')).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

it('looks at the shape before the credential, and at the credential before the sender', async () => {
  expect(await codeOf({ ...start(), macpVersion: '2.0' }, undefined)).toBe('UNSUPPORTED_PROTOCOL_VERSION');
  expect(await codeOf({ ...start(), messageId: '' }, undefined)).toBe('INVALID_ENVELOPE');
  expect(await codeOf({ ...start(), payload: Buffer.alloc(2001) }, undefined)).toBe('PAYLOAD_TOO_LARGE');
  expect(await codeOf({ ...start(), sender: PEER }, undefined)).toBe('UNAUTHENTICATED');
  expect(await codeOf({ ...start(), sender: PEER }, 'lead')).toBe('UNAUTHENTICATED');
});

it('looks at the rights of the identity before the session', async () => {
  expect(await codeOf(start({ sessionId: 'bad' }), 'peer')).toBe('FORBIDDEN');
  expect(await codeOf({ ...proposal(randomUUID()), mode: MODE_TASK }, 'peer')).toBe('FORBIDDEN');
  expect(await codeOf({ messageType: 'Signal', mode: '' }, 'peer')).toBe('FORBIDDEN');
  expect(await codeOf(proposal(randomUUID()), 'peer')).toBe('SESSION_NOT_FOUND');
});

it('never takes records of the runtime from a client', async () => {
  const { id } = await client.start({}, {}, 'lead');
  for (const messageType of ['SessionCancel', 'SessionSuspend', 'SessionResume']) {
    expect(await codeOf({ messageType, sessionId: id })).toBe('FORBIDDEN');
    expect(await codeOf({ messageType, sessionId: randomUUID() })).toBe('FORBIDDEN');
  }
});

it('checks a SessionStart in the order of the specification', async () => {
  const sessionId = randomUUID();
  expect(await codeOf(start({ sessionId: 'short', mode: 'x.v1' }))).toBe('INVALID_SESSION_ID');
  expect(await codeOf(start({ mode: 'x.v1', payload: Buffer.alloc(0) }))).toBe('MODE_NOT_SUPPORTED');
  expect(await codeOf(start({ payload: Buffer.from([0x0a, 0x7f]) }))).toBe('INVALID_ENVELOPE');
  expect(await codeOf(start({ sessionId, messageId: 'first' }))).toBeUndefined();
  expect(await client.send(start({ sessionId, messageId: 'first' }), 'lead')).toMatchObject({ ok: true, duplicate: true });
  // A taken id is said before the policy and the rule of the mode are looked at.
  expect(await codeOf(start({ sessionId }, { policyVersion: 'policy.none' }))).toBe('SESSION_ALREADY_EXISTS');
  expect(await codeOf(start({ sessionId, mode: MODE_TASK }, { participants: [LEAD] }))).toBe('SESSION_ALREADY_EXISTS');
  expect(await codeOf(start({}, { policyVersion: 'policy.none' }))).toBe('UNKNOWN_POLICY_VERSION');
  expect(await codeOf(start({}, { policyVersion: 'policy.task' }))).toBe('INVALID_POLICY_DEFINITION');
  expect(await codeOf(start({ mode: MODE_TASK }, { participants: [LEAD] }))).toBe('INVALID_ENVELOPE');
});

it('limits the open sessions of an identity; suspended and finished ones do not count', async () => {
  expect(await codeOf(start(), 'none')).toBe('RATE_LIMITED');
  const sessionId = randomUUID();
  expect(await codeOf(start({ sessionId }), 'two')).toBeUndefined();
  expect(await codeOf(start(), 'two')).toBe('RATE_LIMITED');
  await client.call('SuspendSession', { sessionId, reason: '' }, 'two');
  const second = randomUUID();
  expect(await codeOf(start({ sessionId: second }), 'two')).toBeUndefined();
  await client.call('CancelSession', { sessionId: second, reason: '' }, 'two');
  expect(await codeOf(start(), 'two')).toBeUndefined();
});

it('answers a duplicate with success in every state, and from everyone', async () => {
  const { id } = await client.start({}, {}, 'lead');
  await client.propose(id, 'p1', 'once', 'lead');
  await client.commit(id, 'lead');
  expect(await client.send({ ...proposal(id, 'other', 'once') }, 'peer')).toMatchObject({ ok: true, duplicate: true, sessionState: 'SESSION_STATE_RESOLVED' });
  expect(await codeOf(proposal(id))).toBe('SESSION_NOT_OPEN');
});

it('stamps the server time on an envelope without one, and the authenticated sender', async () => {
  const { id } = await client.start({}, { timestampUnixMs: 0 }, 'lead');
  const [first] = await client.subscribe(id, 'watcher').take(1);
  expect(first?.envelope).toMatchObject({ sender: LEAD });
  expect(first?.envelope?.timestampUnixMs).toBeGreaterThan(Date.now() - 60_000);
});

it('carries the reasons of a policy in the details of a denial', async () => {
  await using strict = await startRuntime({
    policies: [
      {
        policyId: 'policy.votes',
        mode: MODE_DECISION,
        description: '',
        rules: { voting: { algorithm: 'majority' }, commitment: { require_vote_quorum: true } },
        schemaVersion: 1,
      },
    ],
  });
  using strictClient = new TestClient(strict.address);
  const { id } = await strictClient.start({ policyVersion: 'policy.votes' });
  await strictClient.propose(id);
  const ack = await strictClient.commit(id);
  expect(ack.error?.code).toBe('POLICY_DENIED');
  expect(JSON.parse(Buffer.from(ack.error?.details ?? []).toString())).toMatchObject({ reasons: expect.any(Array) });
});

it('limits the rate of a sender in a sliding minute, starts and messages apart', async () => {
  await using limited = await startRuntime({ limits: { sessionStartsPerMinute: 2, messagesPerMinute: 3 } });
  using limitedClient = new TestClient(limited.address);
  const send = async (envelope: Partial<Envelope>, token: string) => (await limitedClient.send(fill(envelope), token)).error?.code;
  expect([await send(start(), LEAD), await send(start(), LEAD), await send(start(), LEAD), await send(start(), PEER)]).toEqual([
    undefined,
    undefined,
    'RATE_LIMITED',
    undefined,
  ]);
  const signal = { messageType: 'Signal', mode: '' };
  expect([await send(signal, LEAD), await send(signal, LEAD), await send(signal, LEAD), await send(signal, LEAD)]).toEqual([
    undefined,
    undefined,
    undefined,
    'RATE_LIMITED',
  ]);
});
