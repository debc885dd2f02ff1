import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { compileScenario } from '../compile.js';
import { loadRunRecords } from './load-run-records.js';
import { runScenario } from './run-scenario.js';
import { IMPATIENT, POLICY, ReviewRuns, scenario, secretsLeft, type Played } from './run-scenario.test.support.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const runs = new ReviewRuns();

const said = ({ events }: Played): string[] => events.flatMap((event) => (event.type === 'envelope' ? [`${event.sender} ${event.messageType}`] : []));

describe('a run', () => {
  it('gives each agent a cancel bearer of its own, and its record that of the initiator', async () => {
    vi.stubEnv('TMPDIR', mkdtempSync(join(runs.folder, 'tmp-')));
    const bearers = new Map<string, string>();
    let recorded: string | undefined;
    await runs.play(
      {},
      {
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Commitment') return;
          recorded = loadRunRecords(runs.folder)[0]?.cancelCallback?.bearer;
          const secrets = join(tmpdir(), secretsLeft()[0] ?? '');
          for (const id of ['lead', 'r1', 'r2']) {
            const bootstrap = JSON.parse(readFileSync(join(secrets, `${id}.json`), 'utf8')) as { cancel_callback: { bearer: string } };
            bearers.set(id, bootstrap.cancel_callback.bearer);
          }
        },
      },
    );
    expect(new Set(bearers.values()).size).toBe(3);
    expect(recorded).toBe(bearers.get('lead'));
  });

  it('ends with the commitment, its evaluations and votes, and leaves logs and a transcript only', async () => {
    // Runs of other tests use the shared one.
    vi.stubEnv('TMPDIR', mkdtempSync(join(runs.folder, 'tmp-')));
    let during: { mode: number; bearer: boolean; files: number } | undefined;
    const result = await runs.play(
      { launch: { policyVersion: POLICY.policyId } },
      {
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Commitment') return;
          const [record] = loadRunRecords(runs.folder);
          during = {
            mode: statSync(join(runs.folder, record?.runId ?? '', 'run.json')).mode & 0o777,
            bearer: (record?.cancelCallback?.bearer ?? '').length > 40,
            files: secretsLeft().length,
          };
        },
      },
    );
    expect(result.outcome).toMatchObject({
      state: 'RESOLVED',
      exitCode: 0,
      commitment: { action: 'approve', outcomePositive: true, policyVersion: 'policy.test.majority', sender: 'lead' },
      missing: [],
      refused: [],
      suspensions: 0,
    });
    expect(result.outcome.votes.map(({ sender, vote }) => `${sender} ${vote}`).toSorted()).toEqual(['lead APPROVE', 'r1 APPROVE', 'r2 APPROVE']);
    expect(result.outcome.evaluations).toHaveLength(2);
    expect(said(result).slice(0, 2)).toEqual(['lead SessionStart', 'lead Proposal']);
    expect(said(result).at(-1)).toBe('lead Commitment');
    expect(result.events.at(-1)).toMatchObject({ type: 'outcome', exitCode: 0, transcript: result.transcriptFile });
    expect(result.agents.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(during).toEqual({ mode: 0o600, bearer: true, files: 1 });
    expect(secretsLeft()).toEqual([]);
    expect(readdirSync(result.folder).toSorted()).toEqual(['lead.log', 'r1.log', 'r2.log', 'transcript.ndjson']);
    const lines = readFileSync(result.transcriptFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; seq?: number });
    expect(lines[0]).toMatchObject({ kind: 'run', policy: { policyId: 'policy.test.majority' }, participants: ['r1', 'r2', 'lead'] });
    expect(lines[1]).toMatchObject({ kind: 'start', seq: 1, envelope: { message_type: 'SessionStart' } });
    expect(lines.at(-1)).toMatchObject({ kind: 'outcome', state: 'RESOLVED' });
    expect(readFileSync(result.transcriptFile, 'utf8')).not.toMatch(/-token/);
    expect(readFileSync(join(result.folder, 'r1.log'), 'utf8')).toContain('r1 is approve');
  });

  it('with a negative commitment exits 3', async () => {
    expect((await runs.play({ r1: 'reject' })).outcome).toMatchObject({
      state: 'RESOLVED',
      exitCode: 3,
      commitment: { action: 'decline', outcomePositive: false },
    });
  });

  it.each([[['lead', 'r1', 'r2']], [['r1', 'r2', 'lead']]])('has the same outcome when agents start in the order %j', async (startOrder) => {
    const result = await runs.play({}, { startOrder });
    expect(result.events.flatMap((event) => (event.type === 'agent' && event.status === 'started' ? [event.participantId] : []))).toEqual(startOrder);
    expect(result.outcome).toMatchObject({ state: 'RESOLVED', exitCode: 0, missing: [] });
  });

  it('goes on without an agent that was killed before it was ready', async () => {
    const { outcome } = await runs.play(
      {},
      {
        ...IMPATIENT,
        onEvent: (event) => {
          if (event.type === 'agent' && event.status === 'started' && event.participantId === 'r2' && event.pid !== undefined)
            process.kill(event.pid, 'SIGKILL');
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
  });

  it('names who did not vote', async () => {
    const { outcome } = await runs.play({ r2: 'silent' }, IMPATIENT);
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
  });

  it('goes on without an agent that dies, and says how it ended', async () => {
    const { outcome, agents, events } = await runs.play({ r2: 'dies' }, IMPATIENT);
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
    expect(agents.find(({ participantId }) => participantId === 'r2')?.exitCode).toBe(7);
    expect(events).toContainEqual(expect.objectContaining({ type: 'agent-exit', participantId: 'r2', unexpected: true }));
  });

  it('goes on without an agent that is made to crash', async () => {
    const { outcome, events } = await runs.play({}, { ...IMPATIENT, fault: { kind: 'crash', participantId: 'r2', messageType: 'SessionStart' } });
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'fault', participantId: 'r2', fault: 'crash at SessionStart' }));
  });

  it('that the policy refuses is cancelled by the initiator, with the reasons', async () => {
    const { outcome } = await runs.play({ r1: 'reject', r2: 'reject', lead: 'always', launch: { policyVersion: POLICY.policyId } });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, refused: [{ participantId: 'lead', code: 'POLICY_DENIED', messageType: 'Commitment' }] });
    expect(outcome.reason).toMatch(/commitment/);
  });

  it('reads the session as its initiator where the runner may not observe', async () => {
    const { outcome, events } = await runs.play({}, { runnerToken: 'plain-token' });
    expect(outcome).toMatchObject({ state: 'RESOLVED', exitCode: 0, missing: [] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'note', text: expect.stringContaining('may not observe') as string }));
  });

  it('says at once that its transcript is incomplete on a full disk, and goes on', async () => {
    const { outcome, events } = await runs.play(
      {},
      { onEvent: (event) => event.type === 'run' && symlinkSync('/dev/full', join(event.folder, 'transcript.ndjson')) },
    );
    expect(outcome).toMatchObject({ state: 'RESOLVED', exitCode: 0 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'note', text: expect.stringMatching(/transcript .* is incomplete: no space left on device \(ENOSPC\)/) as string }),
    );
    expect(events.at(-1)).toMatchObject({ type: 'outcome', transcriptComplete: false });
  });

  it('that nobody decides expires', async () => {
    const { outcome, events } = await runs.play({ lead: 'idle', launch: { ttlMs: 1_500 } });
    expect(outcome).toMatchObject({ state: 'EXPIRED', exitCode: 4 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'EXPIRED' }));
  });
});

describe('an external agent', () => {
  it('is not started: it finds a bootstrap file, and the run waits for it', async () => {
    const made = scenario({});
    const compiled = compileScenario(made);
    const { agents, ...rest } = runs.settings(made, compiled);
    const r1 = agents.get('r1');
    if (r1 === undefined) throw new Error('r1 is missing');
    const withExternal = new Map([...agents, ['r1', { ...r1, external: true }]]);
    await expect(runScenario(compiled, { ...rest, agents: withExternal })).rejects.toThrow(/--bootstrap-dir/);

    const bootstrapDir = join(runs.folder, 'bootstraps');
    let file: string | undefined;
    const { outcome } = await runScenario(compiled, {
      ...rest,
      agents: withExternal,
      bootstrapDir,
      onEvent: (event) => {
        if (event.type !== 'agent' || event.status !== 'waiting') return;
        file = event.bootstrapFile;
        expect(statSync(file ?? '').mode & 0o777).toBe(0o600);
        spawn(process.execPath, [join(fixtures, 'reviewer.mjs')], { env: { PATH: process.env['PATH'], MACP_BOOTSTRAP_FILE: file }, stdio: 'ignore' });
      },
    });
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: [] });
    expect(file).toBe(join(bootstrapDir, 'r1.json'));
    expect(readdirSync(bootstrapDir)).toEqual([]);
  });
});
