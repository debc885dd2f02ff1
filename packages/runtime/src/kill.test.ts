import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LEAD, PEER, proposal, TestClient } from './client.test.support.js';
import { RuntimeProcess } from './process.test.support.js';

const ROUNDS = 5;
const SENDERS = 8;

it('has every acknowledged message after each kill -9, in order and once', { timeout: 60_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'macp-kill-'));
  const env = { MACP_ALLOW_INSECURE: '1', MACP_DATA_DIR: dataDir, MACP_MESSAGE_LIMIT_PER_MINUTE: '1000000', RUST_LOG: 'info' };
  const id = randomUUID();
  const acknowledged: string[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await using runtime = new RuntimeProcess(env);
      using client = new TestClient(await runtime.address());
      // From the second round on the id is taken, which shows that the session was there at once.
      const { ack } = await client.start({}, { sessionId: id, messageId: 'start' });
      expect(ack).toMatchObject({ ok: true, duplicate: round > 0 });
      const enough = acknowledged.length + 100;
      let killed = false;
      const sender = async (name: number): Promise<void> => {
        for (let count = 0; !killed; count += 1) {
          const messageId = `${round}-${name}-${count}`;
          try {
            const ack = await client.send(proposal(id, messageId, messageId), LEAD);
            expect(ack.error).toBeUndefined();
            acknowledged.push(messageId);
          } catch (error) {
            if (!killed) throw error;
          }
          if (acknowledged.length >= enough && !killed) {
            killed = true;
            runtime.child.kill('SIGKILL');
          }
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, (_, name) => sender(name)));
      expect(await runtime.exit).toBeNull();
    }
    await using runtime = new RuntimeProcess(env);
    using client = new TestClient(await runtime.address());
    const stream = client.subscribe(id, PEER);
    stream.call.end();
    await stream.ended();
    const stored = stream.items.map(({ envelope }) => envelope?.messageId);
    expect(stored).toEqual([...new Set(stored)]);
    expect(acknowledged.filter((messageId) => !stored.includes(messageId))).toEqual([]);
    const [last] = acknowledged.slice(-1);
    expect(await client.send(proposal(id, last, last), LEAD)).toMatchObject({ ok: true, duplicate: true });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

it('lets one of several runtimes that start at once have the folder that a killed one left', { timeout: 60_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'macp-race-'));
  const env = { MACP_ALLOW_INSECURE: '1', MACP_DATA_DIR: dataDir };
  try {
    {
      await using killed = new RuntimeProcess(env);
      await killed.address();
    }
    const runtimes = Array.from({ length: 4 }, () => new RuntimeProcess(env));
    const outcomes = await Promise.all(runtimes.map((runtime) => runtime.address().catch(() => undefined)));
    expect(outcomes.filter((address) => address !== undefined)).toHaveLength(1);
    const refused = runtimes.filter((_, index) => outcomes[index] === undefined);
    const inUse = expect.stringMatching(/MACP_DATA_DIR: .* is in use by process/);
    expect(refused.map(({ stderr }) => stderr)).toEqual(refused.map(() => inUse));
    await Promise.all(runtimes.map((runtime) => runtime[Symbol.asyncDispose]()));
    expect((await readdir(dataDir)).filter((name) => name.startsWith('lock.'))).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
