import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient } from './client.test.support.js';
import { ManualClock } from './clock.test.support.js';
import { encodeFrame } from './log/frame.js';
import { encodeRecord } from './log/record-codec.js';
import { commitmentRecord, OTHER, SESSION, startRecord } from './log/session-log.contract.js';
import { silentLogger } from './logger.js';
import { startRuntime } from './start-runtime.js';

// Finished sessions of an earlier process are folded when somebody asks for one: a start does not wait for them.
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'macp-finished-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function listed(client: TestClient) {
  const pages = [];
  let pageToken = '';
  do {
    const page = await client.call('ListSessions', { pageSize: 2, pageToken }, LEAD);
    pages.push(...page.sessions);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

it('are listed, read, replayed and deduplicated after a restart as before it, in the order of their start', async () => {
  const clock = new ManualClock();
  const ids: string[] = [];
  let before: unknown;
  {
    await using runtime = await startRuntime({ dataDir, clock });
    using client = new TestClient(runtime.address);
    for (const end of ['commit', 'nothing', 'cancel', 'expire', 'commit'] as const) {
      const { id } = await client.start({ ttlMs: end === 'expire' ? 10 : 600_000 });
      ids.push(id);
      if (end !== 'expire') await client.propose(id, 'p1', `m-${id}`);
      if (end === 'commit') await client.commit(id);
      if (end === 'cancel') await client.call('CancelSession', { sessionId: id, reason: 'enough' }, LEAD);
      clock.advance(1000);
    }
    before = await listed(client);
  }
  await using runtime = await startRuntime({ dataDir, clock });
  using client = new TestClient(runtime.address);
  const [resolved, open, cancelled] = ids as [string, string, string];
  // One is asked for by name first: it keeps its place in the list.
  expect((await client.metadata(cancelled)).state).toBe('SESSION_STATE_CANCELLED');
  const events = await client.watch('WatchSessions', LEAD).take(5);
  expect(events.map(({ event }) => event?.session)).toEqual(before);
  expect(await listed(client)).toEqual(before);
  expect((await client.call('ListSessions', {}, LEAD)).sessions).toEqual(before);

  expect(await client.propose(resolved, 'p1', `m-${resolved}`)).toMatchObject({ ok: true, duplicate: true, sessionState: 'SESSION_STATE_RESOLVED' });
  expect((await client.propose(resolved, 'p2')).error?.code).toBe('SESSION_NOT_OPEN');
  expect((await client.propose(open, 'p2')).ok).toBe(true);
  expect(await client.subscribe(resolved, PEER).messageTypes(3)).toEqual(['SessionStart', 'Proposal', 'Commitment']);
  expect(await client.subscribe(cancelled, PEER).messageTypes(3)).toEqual(['SessionStart', 'Proposal', 'SessionCancel']);
});

it('leave memory with the sweep although nobody asked for them', async () => {
  const clock = new ManualClock();
  let id: string;
  {
    await using runtime = await startRuntime({ dataDir, clock });
    using client = new TestClient(runtime.address);
    ({ id } = await client.start());
    await client.commit(id);
    await client.call('CancelSession', { sessionId: id, reason: 'enough' }, LEAD);
  }
  await using runtime = await startRuntime({ dataDir, clock });
  using client = new TestClient(runtime.address);
  clock.advance(3_700_000);
  await expect(client.metadata(id)).rejects.toMatchObject({ code: status.NOT_FOUND });
  expect((await client.start({}, { sessionId: id })).ack.error?.code).toBe('SESSION_ALREADY_EXISTS');
  expect((await client.subscribe(id, LEAD).ended()).details).toContain('HISTORY_UNAVAILABLE');
});

it('are stopped one by one when their history holds what is no record, with a warning that names the session', async () => {
  {
    await using runtime = await startRuntime({ dataDir });
    using client = new TestClient(runtime.address);
    await client.start({}, { sessionId: OTHER });
  }
  const segment = join(dataDir, '00000001.seg');
  const noRecord = Buffer.concat([encodeRecord({ kind: 'expire', atUnixMs: Date.now() }), Buffer.from([0xff])]);
  noRecord[0] = 1;
  const frames = [encodeRecord(startRecord(SESSION, Date.now())), noRecord, encodeRecord(commitmentRecord())];
  await writeFile(segment, Buffer.concat([await readFile(segment), ...frames.map((body, sequence) => encodeFrame(SESSION, sequence, body))]));

  await expect(startRuntime({ dataDir, strictRecovery: true })).rejects.toMatchObject({
    message: expect.stringContaining(`session ${SESSION} is stopped`),
  });
  const warnings: string[] = [];
  await using runtime = await startRuntime({ dataDir, logger: { ...silentLogger, warn: (message) => void warnings.push(message) } });
  using client = new TestClient(runtime.address);
  await expect(client.metadata(SESSION)).rejects.toMatchObject({ code: status.NOT_FOUND });
  expect(warnings).toEqual([expect.stringContaining(`session ${SESSION} is stopped`)]);
  expect((await client.send(proposal(SESSION), LEAD)).error?.code).toBe('SESSION_NOT_FOUND');
  expect((await client.start({}, { sessionId: SESSION })).ack.error?.code).toBe('SESSION_ALREADY_EXISTS');
  expect((await client.propose(OTHER)).ok).toBe(true);
});
