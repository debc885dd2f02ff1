import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

let cwd: string;
let callback: Server;
let asked: string[];
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
  asked = [];
  callback = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    response.end(JSON.stringify({ state: 'CANCELLED' }));
  });
  await new Promise<void>((resolve) => callback.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => callback.close(resolve));
  rmSync(cwd, { recursive: true, force: true });
});

function writeRecord(runId: string, pid: number, startedAtUnixMs = Date.now()): void {
  const url = `http://127.0.0.1:${(callback.address() as AddressInfo).port}/agent/cancel`;
  mkdirSync(join(cwd, 'runs', runId), { recursive: true });
  writeFileSync(
    join(cwd, 'runs', runId, 'run.json'),
    JSON.stringify({
      runId,
      sessionId: `session-${runId}`,
      scenarioRef: 'a/b@1.0.0',
      startedAtUnixMs,
      pid,
      runtimeAddress: '',
      agents: [],
      cancelCallback: { url, bearer: 'secret' },
    }),
  );
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('close', resolve));
  return child.pid ?? 0;
}

describe('macp cancel', () => {
  it('asks the callback of the run that goes on', async () => {
    writeRecord('run-1', process.pid);
    expect(await macp(['cancel', '--json'], { cwd })).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ ok: true, runId: 'run-1', sessionId: 'session-run-1', state: 'CANCELLED' })}\n`,
    });
    expect(asked).toEqual(['Bearer secret']);
  });

  it('says that a run was killed, and asks nobody', async () => {
    writeRecord('run-1', await deadPid());
    for (const argv of [['cancel'], ['cancel', 'run-1']]) {
      const { code, stderr } = await macp(argv, { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(/run run-1 does not go on any more: its process \d+ has ended without cleaning up.*Remove what is left: runs\/run-1\/run\.json/);
    }
    expect(asked).toEqual([]);
  });

  it('does not take another process with the same number for the run', async () => {
    writeRecord('run-1', process.pid, Date.now() - 86_400_000);
    expect((await macp(['cancel', 'run-1'], { cwd })).code).toBe(1);
    expect(asked).toEqual([]);
  });

  it('leaves killed runs out when one goes on', async () => {
    writeRecord('run-1', await deadPid());
    writeRecord('run-2', process.pid);
    expect((await macp(['cancel'], { cwd })).stdout).toBe('run run-2: CANCELLED\n');
  });

  it('names the runs there are', async () => {
    writeRecord('run-1', process.pid);
    expect(await macp(['cancel', 'run-7'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringMatching(/no run run-7.*Did you mean run-1/) as string });
  });
});
