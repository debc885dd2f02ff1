import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePayload, MODE_DECISION } from '@macp-agent/protocol';
import { expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient } from './client.test.support.js';
import { RuntimeProcess } from './process.test.support.js';

/** Files of the process may not grow beyond this, as on a disk that is full. */
const FILE_BLOCKS = 64;
const ENV = { MACP_ALLOW_INSECURE: '1', MACP_MESSAGE_LIMIT_PER_MINUTE: '100000' };

it('refuses what the disk does not take, keeps what it acknowledged, and goes on when there is room', { timeout: 30_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'macp-full-'));
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const errors: unknown[] = [];
  let sessionId: string;
  {
    await using runtime = new RuntimeProcess({ ...ENV, MACP_DATA_DIR: dataDir }, { fileBlocks: FILE_BLOCKS });
    using client = new TestClient(await runtime.address());
    sessionId = (await client.start()).id;
    for (let index = 0; refused.length < 3; index += 1) {
      const payload = encodePayload(MODE_DECISION, 'Proposal', { proposalId: `p${index}`, option: 'x'.repeat(2000) }) as Buffer;
      const ack = await client.send({ ...proposal(sessionId), messageId: `m${index}`, payload }, LEAD);
      (ack.ok ? acknowledged : refused).push(`m${index}`);
      if (!ack.ok) errors.push(ack.error);
    }
    expect(errors).toEqual(Array(3).fill(expect.objectContaining({ code: 'INTERNAL_ERROR', message: expect.stringContaining('could not be stored') })));
    await runtime.says(/a record could not be stored/);
    expect((await client.metadata(sessionId)).state).toBe('SESSION_STATE_OPEN');
    expect((await client.start({ intent: 'x'.repeat(3000) })).ack).toMatchObject({ ok: false, error: { code: 'INTERNAL_ERROR' } });
    runtime.child.kill('SIGTERM');
    expect(await runtime.exit).toBe(0);
  }
  expect(acknowledged.length).toBeGreaterThan(5);

  await using runtime = new RuntimeProcess({ ...ENV, MACP_DATA_DIR: dataDir });
  using client = new TestClient(await runtime.address());
  const history = await client.subscribe(sessionId, PEER).take(1 + acknowledged.length);
  expect(history.slice(1).map(({ envelope }) => envelope?.messageId)).toEqual(acknowledged);
  expect(await client.propose(sessionId, 'late', refused[0])).toMatchObject({ ok: true, duplicate: false });
  await rm(dataDir, { recursive: true, force: true });
});
