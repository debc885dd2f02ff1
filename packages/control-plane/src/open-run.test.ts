import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CanonicalEvent } from './model/canonical-event.js';
import { RunTrack } from './model/run-track.js';
import type { RunDescriptor } from './register-run.js';
import { startControlPlane, type ControlPlane } from './start-control-plane.js';

const SESSION = '6b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e11';
const descriptor: RunDescriptor = {
  mode: 'sandbox',
  runtime: { kind: 'rust' },
  session: {
    sessionId: SESSION,
    modeName: 'macp.mode.decision.v1',
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    ttlMs: 60_000,
    participants: [{ id: 'risk' }, { id: 'fraud' }],
  },
  execution: { idempotencyKey: 'the same for every run of a scenario' },
};

/** No runtime answers: what is recorded here comes from the process that plays the run. */
describe('a run that this process plays', () => {
  let dataDir: string;
  let plane: ControlPlane;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'macp-open-'));
    plane = await startControlPlane({ runtimeAddress: '127.0.0.1:1', runtimeToken: 'observer', runtimeAllowInsecure: true, port: 0, dataDir });
  });
  afterEach(async () => {
    await plane.close();
    await rm(dataDir, { recursive: true });
  });
  const get = async (path: string): Promise<ReturnType<typeof JSON.parse>> => (await fetch(new URL(path, plane.url))).json();
  const events = async (): Promise<CanonicalEvent[]> => (await get(`runs/${SESSION}/export`)).canonicalEvents as CanonicalEvent[];

  it('is listed at once, as one whose refusals are reported', async () => {
    const run = await plane.openRun(descriptor);
    expect(run.runId).toBe(SESSION);
    await run.cancelCallback({ url: 'http://127.0.0.1:1/agent/cancel', bearer: 'secret-of-the-callback' });
    const { data } = await get('runs');
    expect(data).toMatchObject([{ id: SESSION, mode: 'live', metadata: { refusals: 'reported', cancelCallback: { bearer: '***' } } }]);
    expect(JSON.stringify(data)).not.toContain('secret-of-the-callback');
  });

  it('is a run of its own each time, whatever its idempotency key', async () => {
    await plane.openRun(descriptor);
    const other = await plane.openRun({ ...descriptor, session: { ...descriptor.session, sessionId: '7b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e12' } });
    expect(other.runId).not.toBe(SESSION);
  });

  it('tells of refusals with sender, code and the onboarding step that owns the fix', async () => {
    const run = await plane.openRun(descriptor);
    await run.refused({ sender: 'fraud', messageType: 'StreamSession', code: 'UNAUTHENTICATED', message: 'the credential is not known', step: 'step 2' });
    await run.refused({ sender: 'risk', messageType: 'Commitment', code: 'POLICY_DENIED', message: 'x'.repeat(5_000), step: 'policy' });
    const recorded = (await events()).filter(({ type }) => type === 'message.refused');
    expect(recorded.map(({ data }) => [data['sender'], data['code'], data['step']])).toEqual([
      ['fraud', 'UNAUTHENTICATED', 'step 2'],
      ['risk', 'POLICY_DENIED', 'policy'],
    ]);
    expect(String(recorded[1]?.data['message'])).toHaveLength(2_000);
    const track = new RunTrack();
    track.append(await events());
    expect(track.rows[0]).toMatchObject({
      kind: 'state',
      type: 'Refused',
      sender: 'fraud',
      summary: 'UNAUTHENTICATED StreamSession: the credential is not known (onboarding step 2)',
    });
  });

  it('that never got a session is failed with the reason, once; a removed one is left alone', async () => {
    const run = await plane.openRun(descriptor);
    await run.failed('agent risk ended with exit code 2 before it was ready');
    await run.failed('again');
    expect(await get(`runs/${SESSION}`)).toMatchObject({ status: 'failed', errorMessage: 'agent risk ended with exit code 2 before it was ready' });
    await fetch(new URL(`runs/${SESSION}`, plane.url), { method: 'DELETE' });
    await run.refused({ sender: 'risk', messageType: 'Vote', code: 'FORBIDDEN', message: 'late' });
    expect((await get('runs')).total).toBe(0);
  });
});
