import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { FRAUD, isAlive, MacpProcess } from './macp-process.js';

const HOLD = { RISK_DECIDER_SUSPEND_HOLD_MS: '30000' };

interface RunFile {
  readonly runId: string;
  readonly cancelCallback: { readonly url: string; readonly bearer: string };
}

async function suspendedRun(): Promise<{ run: MacpProcess; file: string; content: RunFile }> {
  const run = new MacpProcess(['run', FRAUD, '--template', 'suspend-demo'], HOLD);
  await run.until((event) => event.type === 'session' && event.state === 'SUSPENDED');
  const folder = join(run.folder, 'runs');
  const file = join(folder, readdirSync(folder)[0] ?? '', 'run.json');
  return { run, file, content: JSON.parse(readFileSync(file, 'utf8')) as RunFile };
}

const allGone = (run: MacpProcess): Promise<void> => vi.waitFor(() => expect(run.pids.filter(isAlive)).toEqual([]), { timeout: 2_000 });

describe('cancelling a run', () => {
  it('ends the session by the callback, with the identity of the initiator, and leaves no process', { timeout: 60_000 }, async () => {
    const { run, file, content } = await suspendedRun();
    using _run = run;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { url, bearer } = content.cancelCallback;
    expect((await fetch(url, { method: 'POST', headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ runId: content.runId, reason: 'the customer called' }),
    });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ ok: true, state: 'CANCELLED' });
    expect(await run.ended).toBe(4);
    expect(run.outcome.state).toBe('CANCELLED');
    await allGone(run);
    expect(existsSync(file)).toBe(false);
    expect(run.of('agent-exit').map(({ exit }) => exit.code)).toEqual([0, 0, 0, 0]);
  });

  it('ends the session on Ctrl-C with exit code 130', { timeout: 60_000 }, async () => {
    const { run, file } = await suspendedRun();
    using _run = run;
    run.interrupt();
    expect(await run.ended).toBe(130);
    expect(run.outcome.state).toBe('CANCELLED');
    await allGone(run);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(dirname(file))).toBe(true);
  });
});
