import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { MODE_MULTI_ROUND } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { LEAD, PEER, TestClient } from '../client.test.support.js';
import { startRuntime } from '../start-runtime.js';

const MODE = 'ext.poll.v1';
const descriptor = (over: object = {}) => ({
  mode: MODE,
  modeVersion: '2.0.0',
  title: 'Poll',
  description: 'Opaque answers',
  determinismClass: 'structural-only',
  participantModel: 'declared',
  messageTypes: ['SessionStart', 'Answer', 'Commitment'],
  terminalMessageTypes: ['Commitment'],
  schemaUris: {},
  ...over,
});

it('registers an extension mode, plays a session in it, and takes it away', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const watch = client.watch('WatchModeRegistry');
  await watch.take(1);
  expect(await client.call('RegisterExtMode', { modeDescriptor: descriptor() }, LEAD)).toEqual({ ok: true, error: '' });
  expect((await watch.take(1))[0]?.change?.registry).toBe('modes');
  expect((await client.call('ListExtModes', {})).modes.map(({ mode }) => mode)).toEqual([MODE_MULTI_ROUND, MODE]);
  const { id, ack } = await client.start({ participants: [], modeVersion: '', configurationVersion: '' }, { mode: MODE });
  expect(ack.ok).toBe(true);
  expect((await client.metadata(id)).modeVersion).toBe('2.0.0');
  const answer = { messageType: 'Answer', mode: MODE, sessionId: id, payload: Buffer.from([0xff, 0xfe]) };
  expect((await client.send(answer, PEER)).ok).toBe(true);
  expect((await client.send({ ...answer, messageType: 'Dance' }, PEER)).error?.code).toBe('INVALID_ENVELOPE');
  expect((await client.call('UnregisterExtMode', { mode: MODE }, LEAD)).ok).toBe(true);
  expect((await client.send(answer, PEER)).error?.code).toBe('MODE_NOT_SUPPORTED');
});

it('refuses what no extension may be, with text and not with a status', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const bad = [
    { mode: ' ' },
    { mode: 'macp.mode.mine.v1' },
    { messageTypes: [] },
    { modeVersion: '' },
    { terminalMessageTypes: [] },
    { terminalMessageTypes: ['Answer'] },
    { messageTypes: ['Answer'] },
    { mode: MODE_MULTI_ROUND },
  ];
  for (const over of bad) {
    const answer = await client.call('RegisterExtMode', { modeDescriptor: descriptor(over) }, LEAD);
    expect({ ...answer, over }).toMatchObject({ over, ok: false, error: expect.stringMatching(/./) });
  }
  for (const mode of ['ext.none.v1', MODE_MULTI_ROUND, 'macp.mode.task.v1']) expect((await client.call('UnregisterExtMode', { mode }, LEAD)).ok).toBe(false);
  await expect(client.call('RegisterExtMode', {}, LEAD)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

it('promotes an extension, which is then strict, and under a new name leaves its sessions behind', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  await client.call('RegisterExtMode', { modeDescriptor: descriptor() }, LEAD);
  const { id } = await client.start({ modeVersion: '2.0.0' }, { mode: MODE });
  for (const promotedModeName of ['macp.mode.poll.v1', MODE_MULTI_ROUND, ' '])
    expect((await client.call('PromoteMode', { mode: MODE, promotedModeName }, LEAD)).ok).toBe(false);
  expect(await client.call('PromoteMode', { mode: MODE, promotedModeName: 'org.poll.v1' }, LEAD)).toEqual({ ok: true, error: '', mode: 'org.poll.v1' });
  expect((await client.call('ListModes', {})).modes.at(-1)?.mode).toBe('org.poll.v1');
  expect((await client.send({ messageType: 'Answer', mode: MODE, sessionId: id }, PEER)).error?.code).toBe('MODE_NOT_SUPPORTED');
  expect((await client.start({ participants: [], modeVersion: '2.0.0' }, { mode: 'org.poll.v1' })).ack.error?.code).toBe('INVALID_ENVELOPE');
  expect((await client.call('PromoteMode', { mode: 'org.poll.v1' }, LEAD)).ok).toBe(false);
  expect(await client.call('PromoteMode', { mode: MODE_MULTI_ROUND }, LEAD)).toMatchObject({ ok: true, mode: MODE_MULTI_ROUND });
});

it('registers policies once, lists them by mode, and shows every change to a watch', async () => {
  await using runtime = await startRuntime();
  using client = new TestClient(runtime.address);
  const watch = client.watch('WatchPolicies');
  expect((await watch.take(1))[0]?.descriptors.map(({ policyId }) => policyId)).toEqual(['policy.default']);
  const policy = (policyId: string, over: object = {}) => ({
    policyDescriptor: { policyId, mode: 'macp.mode.task.v1', description: '', rules: '{}', schemaVersion: 1, registeredAtUnixMs: 0, ...over },
  });
  expect((await client.call('RegisterPolicy', policy('policy.a'), LEAD)).ok).toBe(true);
  expect((await watch.take(1))[0]?.descriptors.map(({ policyId }) => policyId)).toEqual(['policy.a', 'policy.default']);
  for (const bad of [
    policy('policy.a'),
    policy(''),
    policy('policy.default'),
    policy('policy.b', { rules: '{' }),
    policy('policy.b', { rules: '[]' }),
    policy('policy.b', { schemaVersion: 0 }),
  ]) {
    expect((await client.call('RegisterPolicy', bad, LEAD)).ok).toBe(false);
  }
  expect((await client.call('ListPolicies', { mode: 'macp.mode.quorum.v1' }, PEER)).descriptors.map(({ policyId }) => policyId)).toEqual(['policy.default']);
  expect((await client.call('GetPolicy', { policyId: 'policy.a' }, PEER)).policyDescriptor?.registeredAtUnixMs).toBeGreaterThan(0);
  await expect(client.call('GetPolicy', { policyId: randomUUID() }, PEER)).rejects.toMatchObject({ code: status.NOT_FOUND });
  expect((await client.call('UnregisterPolicy', { policyId: 'policy.a' }, LEAD)).ok).toBe(true);
  expect((await client.call('UnregisterPolicy', { policyId: 'policy.default' }, LEAD)).ok).toBe(false);
});

it('lets only managers change registries, and nobody one that the operator fixed', async () => {
  const identities = [{ token: 'plain', sender: 'plain' }];
  await using runtime = await startRuntime({ identities, policiesReadOnly: true });
  using client = new TestClient(runtime.address);
  await expect(client.call('RegisterPolicy', {})).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  await expect(client.call('UnregisterPolicy', {})).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  await expect(client.call('RegisterExtMode', {}, 'plain')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  await expect(client.call('PromoteMode', {}, 'nobody')).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  expect((await client.call('Initialize', { supportedProtocolVersions: ['1.0'] })).capabilities?.policyRegistry?.registerPolicy).toBe(false);
});
