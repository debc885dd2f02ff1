import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockFolder } from './folder-lock.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macp-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

const ELSEWHERE = JSON.stringify({ pid: 1, began: '17', space: 'another container' });
const IN_USE = { code: 'INVALID_OPTIONS', message: expect.stringMatching(/is in use by process \d+/) as string };

describe('the lock of a folder', () => {
  it('is for one process at a time, and leaves nothing behind', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject(IN_USE);
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 4_194_304, began: '1' })],
    ['of a process whose number another one has now', JSON.stringify({ pid: process.ppid, began: '1' })],
    ['that was never written to the end', '{"pid":'],
    ['that is empty', ''],
  ])('takes over one %s', async (_what, text) => {
    await writeFile(file, text);
    const lock = await lockFolder(folder);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it.skipIf(process.platform !== 'linux')('takes over one of a killed process that nobody has collected', async () => {
    // The shell starts the holder and becomes a program that waits for nobody.
    const script = `sleep 60 & echo $! $(cut -d' ' -f22 /proc/$!/stat); exec sleep 60`;
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
      const [pid, began] = String(chunk).trim().split(' ');
      await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
      process.kill(Number(pid), 'SIGKILL');
      await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
      await writeFile(file, JSON.stringify({ pid: Number(pid), began }));
      await (await lockFolder(folder)).release();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('believes a holder of another container while it shows signs of life', async () => {
    await writeFile(file, ELSEWHERE);
    const onWait = vi.fn(() => void utimes(file, new Date(), new Date(Date.now() + 5_000)));
    await expect(lockFolder(folder, { onWait })).rejects.toMatchObject({
      message: expect.stringContaining('process 1 of another container or machine') as string,
    });
    expect(onWait).toHaveBeenCalledWith(6_000);
    expect(await readFile(file, 'utf8')).toBe(ELSEWHERE);
  });

  it('takes over one of another container that has been silent', { timeout: 20_000 }, async () => {
    await writeFile(file, ELSEWHERE);
    const lock = await lockFolder(folder);
    expect(await readFile(file, 'utf8')).not.toBe(ELSEWHERE);
    await lock.release();
  });

  it('gives up the wait with its signal', async () => {
    await writeFile(file, ELSEWHERE);
    const stop = new AbortController();
    const locking = lockFolder(folder, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(locking).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('says that it is lost when another one has it, and does not take that one away', async () => {
    const lock = await lockFolder(folder);
    expect(lock.isLost).toBe(false);
    await writeFile(file, ELSEWHERE);
    await expect.poll(() => lock.isLost, { timeout: 5_000 }).toBe(true);
    await lock.release();
    expect(await readFile(file, 'utf8')).toBe(ELSEWHERE);
  });
});
