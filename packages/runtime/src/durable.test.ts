import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LEAD, PEER, TestClient, commitment, proposal } from './client.test.support.js';
import { ManualClock } from './clock.test.support.js';
import { startRuntime, type Runtime } from './start-runtime.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'macp-data-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const NEEDS_VOTES: PolicyDefinition = {
  policyId: 'policy.test.votes',
  mode: '*',
  description: 'A vote is needed.',
  rules: { voting: { algorithm: 'majority' }, commitment: { require_vote_quorum: true } },
  schemaVersion: 1,
};

async function restart(runtime: Runtime, options: Parameters<typeof startRuntime>[0]): Promise<Runtime> {
  await runtime.close(0);
  return startRuntime({ dataDir, ...options });
}

it('has the same session after a restart: state, deadline, ids, activity and the policy that is no longer registered', async () => {
  let runtime = await startRuntime({ dataDir, policies: [NEEDS_VOTES] });
  const first = new TestClient(runtime.address);
  const { id } = await first.start({ policyVersion: NEEDS_VOTES.policyId }, { messageId: 'start', timestampUnixMs: Date.now() - 1000 });
  await first.propose(id, 'p1', 'm1');
  const before = await first.metadata(id);
  first[Symbol.dispose]();

  runtime = await restart(runtime, {});
  await using _ = runtime;
  using client = new TestClient(runtime.address);
  expect(await client.metadata(id)).toEqual(before);
  expect(await client.propose(id, 'p1', 'm1')).toMatchObject({ ok: true, duplicate: true });
  expect((await client.start({}, { sessionId: id, messageId: 'start' })).ack).toMatchObject({ ok: true, duplicate: true });
  expect(await client.commit(id)).toMatchObject({ ok: false, error: { code: 'POLICY_DENIED' } });
  expect(await client.subscribe(id).messageTypes(2)).toEqual(['SessionStart', 'Proposal']);
});

it('keeps suspensions and their clock over a restart', async () => {
  const clock = new ManualClock();
  let runtime = await startRuntime({ dataDir, clock });
  const first = new TestClient(runtime.address);
  const { id } = await first.start({ ttlMs: 10_000 });
  await first.call('SuspendSession', { sessionId: id, reason: 'wait' }, LEAD);
  first[Symbol.dispose]();
  runtime = await restart(runtime, { clock });
  await using _ = runtime;
  using client = new TestClient(runtime.address);
  clock.advance(60_000);
  const { ack } = await client.call('ResumeSession', { sessionId: id, reason: 'go on' }, LEAD);
  expect(ack).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_OPEN' });
  expect((await client.metadata(id)).expiresAtUnixMs).toBe(clock.nowUnixMs() + 10_000);
});

it('replays a finished session until its retention is over, and never gives its id out again', async () => {
  const clock = new ManualClock();
  let runtime = await startRuntime({ dataDir, clock });
  const first = new TestClient(runtime.address);
  const { id } = await first.start();
  await first.propose(id);
  await first.commit(id);
  first[Symbol.dispose]();
  runtime = await restart(runtime, { clock });
  await using _ = runtime;
  using client = new TestClient(runtime.address);
  expect(await client.subscribe(id).messageTypes(3)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  clock.advance(3_600_001);
  await expect(client.metadata(id)).rejects.toMatchObject({ details: expect.stringContaining('SESSION_NOT_FOUND') });
  expect((await client.start({}, { sessionId: id })).ack.error?.code).toBe('SESSION_ALREADY_EXISTS');
  const gone = { code: status.FAILED_PRECONDITION, details: expect.stringContaining('HISTORY_UNAVAILABLE') };
  expect(await client.subscribe(id).ended()).toMatchObject(gone);
  expect(await client.subscribe(id, PEER, 2).ended()).toMatchObject(gone);
  expect((await client.subscribe(id, PEER, 3).ended()).code).toBe(status.NOT_FOUND);
  expect((await client.subscribe(id, 'agent://outsider').ended()).code).toBe(status.NOT_FOUND);
});

it('deletes finished sessions from disk when their time is over', async () => {
  const clock = new ManualClock();
  let runtime = await startRuntime({ dataDir, clock, retention: { diskMs: 7_200_000 } });
  const first = new TestClient(runtime.address);
  const { id } = await first.start();
  await first.call('CancelSession', { sessionId: id, reason: 'done' }, LEAD);
  clock.advance(7_300_000);
  first[Symbol.dispose]();
  runtime = await restart(runtime, { clock });
  await using _ = runtime;
  using client = new TestClient(runtime.address);
  expect((await client.start({}, { sessionId: id, timestampUnixMs: clock.nowUnixMs() })).ack).toMatchObject({ ok: true, duplicate: false });
});

it('accepts messages of one session while earlier ones are on their way to the disk, in order', async () => {
  await using runtime = await startRuntime({ dataDir });
  using client = new TestClient(runtime.address);
  const { id } = await client.start();
  const stream = client.stream(LEAD);
  for (let index = 0; index < 50; index += 1) stream.submit(proposal(id, `p${index}`, `m${index}`));
  stream.submit({ messageType: 'Commitment', sessionId: id, payload: commitment() });
  stream.submit({ ...proposal(id, 'late', 'late') });
  stream.call.end();
  await stream.ended();
  expect(
    stream.items
      .filter(({ envelope }) => envelope !== undefined)
      .map(({ envelope }) => envelope?.messageId)
      .slice(0, 50),
  ).toEqual(Array.from({ length: 50 }, (_, index) => `m${index}`));
  expect(stream.items.find(({ error }) => error !== undefined)?.error).toMatchObject({ code: 'SESSION_NOT_OPEN', messageId: 'late' });
  expect(await client.subscribe(id, PEER, 51).messageTypes(1)).toEqual(['Commitment']);
});
