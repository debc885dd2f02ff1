import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { POLICY, ReviewRuns } from './run-scenario.test.support.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const runs = new ReviewRuns();

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('a run that cannot go on', () => {
  it('ends with the last lines of an agent that cannot start', async () => {
    const { outcome, durationMs } = await runs.play({ r1: 'cannot-start' });
    expect(outcome.exitCode === 2 || outcome.state === 'CANCELLED').toBe(true);
    expect(outcome.reason).toMatch(/agent r1 ended with exit code 2 before it was ready[\s\S]*the model package is not installed[\s\S]*r1\.log/);
    expect(durationMs).toBeLessThan(15_000);
  });

  it('cancels the session when its initiator dies, and names it', async () => {
    const { outcome, events, sessionId } = await runs.play({ lead: 'dies' });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, lost: 'lead' });
    expect(outcome.missing).toContain('lead');
    expect(outcome.reason).toMatch(/agent lead ended with exit code 9 before the session ended/);
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'CANCELLED' }));
    expect(await runs.stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('cancels a suspended session when its initiator dies', async () => {
    const { outcome, sessionId } = await runs.play(
      { lead: 'suspends', launch: { maxSuspendMs: 20_000 } },
      {
        onEvent: (event) => {
          if (event.type !== 'session' || event.state !== 'SUSPENDED') return;
          runs.signal('lead', 'SIGKILL');
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, lost: 'lead' });
    expect(await runs.stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('is cancelled with the token of an initiator that does not answer', async () => {
    const { outcome, sessionId } = await runs.play(
      { lead: 'idle' },
      {
        timeouts: { runMs: 6_000, cancelMs: 300 },
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Proposal') return;
          runs.signal('lead', 'SIGSTOP');
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, reason: 'the run did not end within 6000 ms' });
    expect(await runs.stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('is cancelled through its initiator at its limit', async () => {
    const { outcome } = await runs.play({ lead: 'idle' }, { timeouts: { runMs: 3_000 } });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, reason: 'the run did not end within 3000 ms' });
  });

  it('leaves nothing of an agent that ignores SIGTERM', async () => {
    const { outcome, agents } = await runs.play({ r1: 'stubborn' });
    expect(outcome.exitCode).toBe(0);
    const r1 = agents.find(({ participantId }) => participantId === 'r1');
    expect(r1?.signal).toBe('SIGKILL');
    const child = Number(/child (\d+)/.exec(r1?.logTail.join('\n') ?? '')?.[1]);
    await vi.waitFor(() => expect(isAlive(child)).toBe(false));
  });
});

describe('aborting a run', () => {
  it('cancels the session with the identity of its initiator', async () => {
    const abort = new AbortController();
    const { outcome, events } = await runs.play(
      { lead: 'idle' },
      { signal: abort.signal, onEvent: (event) => event.type === 'envelope' && event.messageType === 'Proposal' && abort.abort() },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 130, reason: 'cancelled at the terminal' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'CANCELLED' }));
    expect(events.at(-1)?.type).toBe('outcome');
  });

  it('with force asks nobody and kills at once', async () => {
    const force = new AbortController();
    const { outcome } = await runs.play(
      { lead: 'idle' },
      { forceSignal: force.signal, onEvent: (event) => event.type === 'envelope' && event.messageType === 'Proposal' && force.abort() },
    );
    expect(outcome).toMatchObject({ state: 'OPEN', exitCode: 130 });
  });
});

describe('before any process starts, a run refuses', () => {
  const nothingStarted = (): void => expect(readdirSync(runs.folder)).toEqual([]);

  it('a participant without a token', async () => {
    await expect(runs.play({}, { agentTokens: new Map([['lead', 'lead-token']]) })).rejects.toMatchObject({
      code: 'INVALID_BOOTSTRAP',
      message: expect.stringMatching(/bootstrap\.runtime\.bearerToken is required.*r1.*step 3/) as string,
    });
    nothingStarted();
  });

  it('folders that cannot be made, each by its name and with what the system said', async () => {
    await expect(runs.play({}, { runsDir: join(fixtures, 'lead.mjs') })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/run folder .*lead\.mjs.* --runs-dir: (?:not a directory|file already exists)/) as string,
    });
    vi.stubEnv('TMPDIR', join(runs.folder, 'nowhere'));
    await expect(runs.play({})).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/private folder in .*nowhere.* TMPDIR: no such file or directory \(ENOENT\)/) as string,
    });
  });

  it('a policy that nobody has, and a policy with other rules under its id', async () => {
    await expect(runs.play({ launch: { policyVersion: 'policy.nobody.has' } })).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
    await runs.play({ launch: { policyVersion: POLICY.policyId, ttlMs: 1 } }, { agentTokens: new Map([['r1', 'x']]) }).catch(() => undefined);
    nothingStarted();
  });

  it('a runner that the runtime does not know', async () => {
    await expect(runs.play({ launch: { policyVersion: POLICY.policyId } }, { runnerToken: 'stranger' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    nothingStarted();
  });

  it('a runner that may not register the policy', async () => {
    await expect(runs.play({ launch: { policyVersion: POLICY.policyId } }, { runnerToken: 'r1-token' })).rejects.toMatchObject({
      code: 'UNKNOWN_POLICY_VERSION',
      message: expect.stringContaining('can_manage_mode_registry') as string,
    });
    nothingStarted();
  });
});
