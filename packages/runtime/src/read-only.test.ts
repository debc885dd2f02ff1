import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEAD, PEER, TestClient } from './client.test.support.js';
import { RuntimeProcess } from './process.test.support.js';

/** The modes of files mean nothing to root, unless it gives up the right to pass over them. */
const AS_OTHERS = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : [];
const [command, ...rest] = [...AS_OTHERS, 'true'];
const modesCount = process.platform !== 'win32' && spawnSync(command as string, rest).status === 0;

const start = (dataDir: string): RuntimeProcess => new RuntimeProcess({ MACP_ALLOW_INSECURE: '1', MACP_DATA_DIR: dataDir }, { before: AS_OTHERS });

describe.skipIf(!modesCount)('a folder that cannot be written to', { timeout: 30_000 }, () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'macp-read-only-'));
  });
  afterEach(async () => {
    await chmod(dataDir, 0o700);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('stops the start, with the variable, the folder and the reason, and leaves nothing behind', async () => {
    await chmod(dataDir, 0o555);
    await using runtime = start(dataDir);
    expect(await runtime.exit).toBe(1);
    expect(runtime.stderr).toContain(`MACP_DATA_DIR: the data folder ${dataDir} cannot be used: EACCES`);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('takes no message when only its log cannot be written, keeps what was acknowledged, and goes on when it can', async () => {
    let id: string;
    {
      await using runtime = start(dataDir);
      using client = new TestClient(await runtime.address());
      ({ id } = await client.start());
      runtime.child.kill('SIGTERM');
      expect(await runtime.exit).toBe(0);
    }
    const segment = join(dataDir, '00000001.seg');
    await chmod(segment, 0o444);
    await using runtime = start(dataDir);
    using client = new TestClient(await runtime.address());
    expect(await client.propose(id, 'p1', 'm1')).toMatchObject({ ok: false, error: { code: 'INTERNAL_ERROR' } });
    await runtime.says(/a record could not be stored and was refused: EACCES/);
    const { ack } = await client.call('CancelSession', { sessionId: id, reason: 'enough' }, LEAD);
    expect(ack).toMatchObject({ ok: false, error: { code: 'INTERNAL_ERROR' } });
    expect((await client.metadata(id)).state).toBe('SESSION_STATE_OPEN');
    await chmod(segment, 0o600);
    expect(await client.propose(id, 'p1', 'm1')).toMatchObject({ ok: true, duplicate: false });
    expect(await client.subscribe(id, PEER).messageTypes(2)).toEqual(['SessionStart', 'Proposal']);
  });
});
