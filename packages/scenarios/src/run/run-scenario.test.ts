import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Auth, MacpClient } from '@macp-agent/core';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compileScenario, type CompiledRun } from '../compile.js';
import { findAgents } from '../launch/load-agents.js';
import type { Scenario } from '../load-scenario.js';
import type { AgentSection, LaunchSection } from '../scenario-document.js';
import { loadRunRecords } from './load-run-records.js';
import type { RunEvent } from './run-event.js';
import type { RunOptions, RunResult } from './run-options.js';
import { runScenario } from './run-scenario.js';

// The agents are real processes of the built core.
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const MODE = 'macp.mode.decision.v1';
const POLICY = {
  policyId: 'policy.test.majority',
  mode: MODE,
  description: '',
  schemaVersion: 1,
  rules: { voting: { algorithm: 'majority', quorum: { type: 'count', value: 3 } }, commitment: { require_vote_quorum: true } },
};

let folder: string;
let runtime: Runtime;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'macp-runs-'));
  runtime = await startRuntime({
    identities: [
      { token: 'lead-token', sender: 'lead', canStartSessions: true, allowedModes: [MODE, ''] },
      { token: 'r1-token', sender: 'r1', canStartSessions: false, allowedModes: [MODE, ''] },
      { token: 'r2-token', sender: 'r2', canStartSessions: false, allowedModes: [MODE, ''] },
      { token: 'plain-token', sender: 'plain', canStartSessions: false, allowedModes: [MODE] },
      { token: 'runner-token', sender: 'runner', canStartSessions: false, allowedModes: [MODE], canManageModeRegistry: true, isObserver: true },
    ],
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await runtime.close(0);
  rmSync(folder, { recursive: true, force: true });
});

interface Cast {
  readonly lead?: string;
  readonly r1?: string;
  readonly r2?: string;
  readonly launch?: Partial<LaunchSection>;
}

const actor = (entry: string, behaviour: string | undefined): AgentSection => ({ entry, env: behaviour === undefined ? {} : { BEHAVIOUR: behaviour } });

function scenario({ lead, r1, r2, launch }: Cast): Scenario {
  return {
    ref: 'test/review@1.0.0',
    file: join(fixtures, 'scenario.yaml'),
    folder: fixtures,
    document: {
      apiVersion: 'scenarios.macp.dev/v1',
      kind: 'ScenarioVersion',
      metadata: { pack: 'test', scenario: 'review', version: '1.0.0', name: 'Review' },
      spec: {
        inputs: { schema: { type: 'object', properties: { amount: { type: 'number', default: 5 } } } },
        agents: { lead: actor('lead.mjs', lead), r1: actor('reviewer.mjs', r1), r2: actor('reviewer.mjs', r2) },
        launch: {
          modeName: MODE,
          modeVersion: '1.0.0',
          configurationVersion: 'config.default',
          ttlMs: 20_000,
          participants: ['r1', 'r2', 'lead'].map((id) => ({ id, role: id, agentRef: id })),
          initiatorParticipantId: 'lead',
          policyHints: { type: 'majority', threshold: 0.5 },
          kickoffTemplate: [{ from: 'lead', kind: 'proposal', payload: { proposal_id: 'p1', option: 'ship', rationale: 'an amount of {{ inputs.amount }}' } }],
          ...launch,
        },
      },
    },
    templates: new Map(),
    policies: [POLICY],
    agentFolders: [],
  };
}

interface Played extends RunResult {
  readonly events: RunEvent[];
}

async function play(cast: Cast, options: Partial<RunOptions> = {}): Promise<Played> {
  const made = scenario(cast);
  const compiled = compileScenario(made);
  const events: RunEvent[] = [];
  const result = await runScenario(compiled, { ...settings(made, compiled), ...options, onEvent: (event) => (events.push(event), options.onEvent?.(event)) });
  return { ...result, events };
}

const settings = (made: Scenario, compiled: CompiledRun): RunOptions => ({
  runtime: { address: runtime.address, tls: false, allowInsecure: true },
  runnerToken: 'runner-token',
  agentTokens: new Map(['lead', 'r1', 'r2'].map((id) => [id, `${id}-token`])),
  agents: findAgents(made, compiled.participantBindings),
  runsDir: folder,
  parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '15000' },
});

/** Long enough for the others to start on a busy machine. */
const IMPATIENT = { parentEnv: { PATH: process.env['PATH'], RISK_DECIDER_WAIT_ALL_TIMEOUT_MS: '5000' } };

const said = ({ events }: Played): string[] => events.flatMap((event) => (event.type === 'envelope' ? [`${event.sender} ${event.messageType}`] : []));
const stateOf = async (sessionId: string): Promise<string | undefined> => {
  const client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer('runner-token') });
  try {
    return (await client.getSession(sessionId)).metadata.state;
  } finally {
    client.close();
  }
};
const secretsLeft = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('macp-run-'));
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('a run', () => {
  it('gives each agent a cancel bearer of its own, and its record that of the initiator', async () => {
    vi.stubEnv('TMPDIR', mkdtempSync(join(folder, 'tmp-')));
    const bearers = new Map<string, string>();
    let recorded: string | undefined;
    await play(
      {},
      {
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Commitment') return;
          recorded = loadRunRecords(folder)[0]?.cancelCallback?.bearer;
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
    vi.stubEnv('TMPDIR', mkdtempSync(join(folder, 'tmp-')));
    let during: { mode: number; bearer: boolean; files: number } | undefined;
    const result = await play(
      { launch: { policyVersion: POLICY.policyId } },
      {
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Commitment') return;
          const [record] = loadRunRecords(folder);
          during = {
            mode: statSync(join(folder, record?.runId ?? '', 'run.json')).mode & 0o777,
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
    expect((await play({ r1: 'reject' })).outcome).toMatchObject({ state: 'RESOLVED', exitCode: 3, commitment: { action: 'decline', outcomePositive: false } });
  });

  it.each([[['lead', 'r1', 'r2']], [['r1', 'r2', 'lead']]])('has the same outcome when agents start in the order %j', async (startOrder) => {
    const result = await play({}, { startOrder });
    expect(result.events.flatMap((event) => (event.type === 'agent' && event.status === 'started' ? [event.participantId] : []))).toEqual(startOrder);
    expect(result.outcome).toMatchObject({ state: 'RESOLVED', exitCode: 0, missing: [] });
  });

  it('goes on without an agent that was killed before it was ready', async () => {
    const { outcome } = await play(
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
    const { outcome } = await play({ r2: 'silent' }, IMPATIENT);
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
  });

  it('goes on without an agent that dies, and says how it ended', async () => {
    const { outcome, agents, events } = await play({ r2: 'dies' }, IMPATIENT);
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
    expect(agents.find(({ participantId }) => participantId === 'r2')?.exitCode).toBe(7);
    expect(events).toContainEqual(expect.objectContaining({ type: 'agent-exit', participantId: 'r2', unexpected: true }));
  });

  it('goes on without an agent that is made to crash', async () => {
    const { outcome, events } = await play({}, { ...IMPATIENT, fault: { kind: 'crash', participantId: 'r2', messageType: 'SessionStart' } });
    expect(outcome).toMatchObject({ state: 'RESOLVED', missing: ['r2'] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'fault', participantId: 'r2', fault: 'crash at SessionStart' }));
  });

  it('that the policy refuses is cancelled by the initiator, with the reasons', async () => {
    const { outcome } = await play({ r1: 'reject', r2: 'reject', lead: 'always', launch: { policyVersion: POLICY.policyId } });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, refused: [{ participantId: 'lead', code: 'POLICY_DENIED', messageType: 'Commitment' }] });
    expect(outcome.reason).toMatch(/commitment/);
  });

  it('reads the session as its initiator where the runner may not observe', async () => {
    const { outcome, events } = await play({}, { runnerToken: 'plain-token' });
    expect(outcome).toMatchObject({ state: 'RESOLVED', exitCode: 0, missing: [] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'note', text: expect.stringContaining('may not observe') as string }));
  });

  it('says at once that its transcript is incomplete on a full disk, and goes on', async () => {
    const { outcome, events } = await play(
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
    const { outcome, events } = await play({ lead: 'idle', launch: { ttlMs: 1_500 } });
    expect(outcome).toMatchObject({ state: 'EXPIRED', exitCode: 4 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'EXPIRED' }));
  });
});

describe('a run that cannot go on', () => {
  it('ends with the last lines of an agent that cannot start', async () => {
    const { outcome, durationMs } = await play({ r1: 'cannot-start' });
    expect(outcome.exitCode === 2 || outcome.state === 'CANCELLED').toBe(true);
    expect(outcome.reason).toMatch(/agent r1 ended with exit code 2 before it was ready[\s\S]*the model package is not installed[\s\S]*r1\.log/);
    expect(durationMs).toBeLessThan(15_000);
  });

  it('cancels the session when its initiator dies, and names it', async () => {
    const { outcome, events, sessionId } = await play({ lead: 'dies' });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, lost: 'lead' });
    expect(outcome.missing).toContain('lead');
    expect(outcome.reason).toMatch(/agent lead ended with exit code 9 before the session ended/);
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'CANCELLED' }));
    expect(await stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('cancels a suspended session when its initiator dies', async () => {
    const { outcome, sessionId } = await play(
      { lead: 'suspends', launch: { maxSuspendMs: 20_000 } },
      {
        onEvent: (event) => {
          if (event.type !== 'session' || event.state !== 'SUSPENDED') return;
          const pid = loadRunRecords(folder)[0]?.agents.find(({ participantId }) => participantId === 'lead')?.pid;
          if (pid !== undefined) process.kill(pid, 'SIGKILL');
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, lost: 'lead' });
    expect(await stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('is cancelled with the token of an initiator that does not answer', async () => {
    const { outcome, sessionId } = await play(
      { lead: 'idle' },
      {
        timeouts: { runMs: 6_000, cancelMs: 300 },
        onEvent: (event) => {
          if (event.type !== 'envelope' || event.messageType !== 'Proposal') return;
          const pid = loadRunRecords(folder)[0]?.agents.find(({ participantId }) => participantId === 'lead')?.pid;
          if (pid !== undefined) process.kill(pid, 'SIGSTOP');
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, reason: 'the run did not end within 6000 ms' });
    expect(await stateOf(sessionId)).toBe('SESSION_STATE_CANCELLED');
  });

  it('is cancelled through its initiator at its limit', async () => {
    const { outcome } = await play({ lead: 'idle' }, { timeouts: { runMs: 3_000 } });
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 4, reason: 'the run did not end within 3000 ms' });
  });

  it('leaves nothing of an agent that ignores SIGTERM', async () => {
    const { outcome, agents } = await play({ r1: 'stubborn' });
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
    const { outcome, events } = await play(
      { lead: 'idle' },
      { signal: abort.signal, onEvent: (event) => event.type === 'envelope' && event.messageType === 'Proposal' && abort.abort() },
    );
    expect(outcome).toMatchObject({ state: 'CANCELLED', exitCode: 130, reason: 'cancelled at the terminal' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'session', state: 'CANCELLED' }));
    expect(events.at(-1)?.type).toBe('outcome');
  });

  it('with force asks nobody and kills at once', async () => {
    const force = new AbortController();
    const { outcome } = await play(
      { lead: 'idle' },
      { forceSignal: force.signal, onEvent: (event) => event.type === 'envelope' && event.messageType === 'Proposal' && force.abort() },
    );
    expect(outcome).toMatchObject({ state: 'OPEN', exitCode: 130 });
  });
});

describe('before any process starts, a run refuses', () => {
  const nothingStarted = (): void => expect(readdirSync(folder)).toEqual([]);

  it('a participant without a token', async () => {
    await expect(play({}, { agentTokens: new Map([['lead', 'lead-token']]) })).rejects.toMatchObject({
      code: 'INVALID_BOOTSTRAP',
      message: expect.stringMatching(/bootstrap\.runtime\.bearerToken is required.*r1.*step 3/) as string,
    });
    nothingStarted();
  });

  it('folders that cannot be made, each by its name and with what the system said', async () => {
    await expect(play({}, { runsDir: join(fixtures, 'lead.mjs') })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/run folder .*lead\.mjs.* --runs-dir: (?:not a directory|file already exists)/) as string,
    });
    vi.stubEnv('TMPDIR', join(folder, 'nowhere'));
    await expect(play({})).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/private folder in .*nowhere.* TMPDIR: no such file or directory \(ENOENT\)/) as string,
    });
  });

  it('a policy that nobody has, and a policy with other rules under its id', async () => {
    await expect(play({ launch: { policyVersion: 'policy.nobody.has' } })).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
    await play({ launch: { policyVersion: POLICY.policyId, ttlMs: 1 } }, { agentTokens: new Map([['r1', 'x']]) }).catch(() => undefined);
    nothingStarted();
  });

  it('a runner that the runtime does not know', async () => {
    await expect(play({ launch: { policyVersion: POLICY.policyId } }, { runnerToken: 'stranger' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    nothingStarted();
  });

  it('a runner that may not register the policy', async () => {
    await expect(play({ launch: { policyVersion: POLICY.policyId } }, { runnerToken: 'r1-token' })).rejects.toMatchObject({
      code: 'UNKNOWN_POLICY_VERSION',
      message: expect.stringContaining('can_manage_mode_registry') as string,
    });
    nothingStarted();
  });
});

describe('an external agent', () => {
  it('is not started: it finds a bootstrap file, and the run waits for it', async () => {
    const made = scenario({});
    const compiled = compileScenario(made);
    const { agents, ...rest } = settings(made, compiled);
    const r1 = agents.get('r1');
    if (r1 === undefined) throw new Error('r1 is missing');
    const withExternal = new Map([...agents, ['r1', { ...r1, external: true }]]);
    await expect(runScenario(compiled, { ...rest, agents: withExternal })).rejects.toThrow(/--bootstrap-dir/);

    const bootstrapDir = join(folder, 'bootstraps');
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
