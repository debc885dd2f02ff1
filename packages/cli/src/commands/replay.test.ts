import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
let cwd: string;
let approved: string;
let rejected: string;

/** Two real runs; the commands below only read what they left. */
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-replay-'));
  mkdirSync(join(cwd, 'policies'));
  cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
  writeFileSync(join(cwd, 'scenario.yaml'), readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures));
  await macp(['run', 'scenario.yaml', '--quiet'], { cwd });
  [approved = ''] = readdirSync(join(cwd, 'runs'));
  await macp(['run', 'scenario.yaml', '--template', 'reject', '--quiet'], { cwd });
  rejected = readdirSync(join(cwd, 'runs')).find((name) => name !== approved) ?? '';
  writeFileSync(join(cwd, 'quorum-3.json'), policyFile({ voting: { algorithm: 'majority', threshold: 0.5, quorum: { type: 'count', value: 9 } } }));
});
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const policyFile = (rules: object): string =>
  JSON.stringify({
    policy_id: 'policy.test.other',
    mode: 'macp.mode.decision.v1',
    schema_version: 1,
    rules: { commitment: { require_vote_quorum: true }, ...rules },
  });
const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('macp runs', () => {
  it('lists the newest first, for people and as JSON', async () => {
    const { stdout } = await macp(['runs', 'list'], { cwd });
    expect(lines(stdout)[0]).toMatch(new RegExp(`^${rejected} .* RESOLVED decline +\\d`));
    const rows = lines((await macp(['runs', 'list', '--json'], { cwd })).stdout).map((line) => JSON.parse(line) as object);
    expect(rows).toMatchObject([
      { runId: rejected, state: 'RESOLVED', action: 'decline', outcomePositive: false, exitCode: 3, templateId: 'reject' },
      { runId: approved, state: 'RESOLVED', action: 'approve', outcomePositive: true, exitCode: 0 },
    ]);
    expect((await macp(['runs', 'list', '--runs-dir', 'none'], { cwd })).stderr).toContain('no runs under none');
  });

  it('exports one file that replays elsewhere and can be imported', async () => {
    const out = await macp(['runs', 'export', approved.slice(0, 8), '-o', 'run.macp'], { cwd });
    expect(out).toMatchObject({ code: 0, stdout: '' });
    const file = join(cwd, 'run.macp');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [header] = lines(readFileSync(file, 'utf8'));
    expect(JSON.parse(header ?? '')).toMatchObject({ kind: 'run', runId: approved, policy: { policyId: 'policy.test.majority' } });
    expect((await macp(['runs', 'export', approved, '-o', 'run.macp'], { cwd })).code).toBe(2);
    expect((await macp(['runs', 'import', 'run.macp', '--runs-dir', 'elsewhere'], { cwd })).stdout).toBe(`${approved}\n`);
    expect((await macp(['replay', approved, '--runs-dir', 'elsewhere', '--quiet'], { cwd })).code).toBe(0);
    expect((await macp(['runs', 'import', 'run.macp', '--runs-dir', 'elsewhere'], { cwd })).stderr).toContain('the run is here already');
  });
});

describe('macp replay', () => {
  it('prints the timeline again and ends with the recorded outcome', async () => {
    const { code, stdout, stderr } = await macp(['replay', approved], { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe('as recorded\n');
    expect(
      lines(stdout)
        .filter((line) => line.startsWith('+'))
        .map((line) => line.split(/ +/)[3]),
    ).toEqual(expect.arrayContaining(['SessionStart', 'Proposal', 'Evaluation', 'Vote', 'Commitment']));
    expect(lines(stdout).at(-1)).toMatch(/^RESOLVED approve \(positive\) after/);
    expect((await macp(['replay', '--quiet'], { cwd })).stdout).toContain('RESOLVED decline (negative)');
  });

  it('prints JSON lines, and the session as it stood at an earlier envelope', async () => {
    const { stdout } = await macp(['replay', approved, '--json', '--until', '2'], { cwd });
    const events = lines(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ type }) => type)).toEqual(['run', 'envelope', 'envelope', 'outcome', 'replay']);
    expect(events.at(-2)).toMatchObject({ state: 'OPEN', votes: [], proposals: [{ proposalId: 'S-1-review' }] });
    expect(events.at(-1)).toEqual({ type: 'replay', runId: approved, compared: false, same: true, differences: [] });
  });

  it('says where a record and the rules disagree, and exits 1', async () => {
    const text = readFileSync(join(cwd, 'runs', approved, 'transcript.ndjson'), 'utf8');
    // Without the last vote the quorum of the policy is not met.
    const kept = lines(text);
    kept.splice(
      kept.findLastIndex((line) => line.includes('"message_type":"Vote"')),
      1,
    );
    kept[0] = (kept[0] ?? '').replace('"value":2', '"value":3');
    writeFileSync(join(cwd, 'tampered.ndjson'), kept.join('\n'));
    const { code, stdout } = await macp(['replay', 'tampered.ndjson', '--quiet'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/differs from the record:\n +envelope \d+\n +- recorded +"accepted"\n +\+ now +"POLICY_DENIED: /);
    expect(stdout).toMatch(/\n +votes\n/);
  });

  it('reads a transcript that was cut off, and names the line that is wrong', async () => {
    const text = readFileSync(join(cwd, 'runs', approved, 'transcript.ndjson'), 'utf8');
    writeFileSync(join(cwd, 'cut.ndjson'), text.slice(0, -40));
    const cut = await macp(['replay', 'cut.ndjson', '--quiet'], { cwd });
    expect(cut).toMatchObject({ code: 0, stderr: 'the transcript has no outcome to compare with\n' });
    writeFileSync(join(cwd, 'bad.ndjson'), text.replace('"seq":2', '"seq":"two"'));
    const bad = await macp(['replay', 'bad.ndjson'], { cwd });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/bad\.ndjson line 3 .*\n +- seq must be integer/);
    expect((await macp(['replay', 'scenario.yaml'], { cwd })).stderr).toContain('is this a transcript?');
    expect((await macp(['replay', 'nothing-like-it'], { cwd })).stderr).toContain('neither a file nor a run under runs');
  });
});

describe('macp policy', () => {
  it('simulate says which commitments flip and why', async () => {
    const same = await macp(['policy', 'simulate', approved, '--policy', 'policies/policy.json'], { cwd });
    expect(same.code).toBe(0);
    expect(lines(same.stdout).at(-1)).toBe('  the same');
    const other = await macp(['policy', 'simulate', approved, rejected, '--policy', 'quorum-3.json'], { cwd });
    expect(other.code).toBe(1);
    expect(other.stdout).toMatch(
      /committed approve \(positive\) by lead\n +recorded +allowed +policy\.test\.majority\n +now +denied +policy\.test\.other\n +voting\.quorum: /,
    );
    expect(other.stderr).toMatch(/\d of 2 runs would be decided otherwise under policy\.test\.other/);
    const json = await macp(['policy', 'simulate', approved, '--policy', 'quorum-3.json', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ runId: approved, kind: 'recorded', flips: true, after: { allowed: false } });
  });

  it('simulate judges a commitment again that the policy denied', { timeout: 60_000 }, async () => {
    const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
    const inputs = ['deviceTrustScore=0.18', 'priorChargebacks=1', 'accountAgeDays=14'].flatMap((one) => ['--set', one]);
    const run = await macp(['run', 'fraud/high-value-new-device@1.0.0', '-t', 'unanimous', ...inputs, '--runs-dir', 'denied', '--json'], {
      cwd,
      env: { MACP_PACKS_DIR: examples },
    });
    expect(run.code).toBe(4);
    const { runId } = JSON.parse(lines(run.stdout)[0] ?? '') as { runId: string };
    const policy = join(examples, 'fraud/policies/majority-veto.json');
    const { code, stdout } = await macp(['policy', 'simulate', runId, '--runs-dir', 'denied', '--policy', policy], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /the policy denied a commitment of risk-agent; .*\n +recorded +denied +policy\.fraud\.unanimous\n +now +allowed +policy\.fraud\.majority-veto\n +would be decided otherwise/,
    );
  });

  it('simulate refuses a policy for another mode', async () => {
    writeFileSync(join(cwd, 'task.json'), JSON.stringify({ policy_id: 'policy.t', mode: 'macp.mode.task.v1', schema_version: 1, rules: {} }));
    const { code, stderr } = await macp(['policy', 'simulate', approved, '--policy', 'task.json'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('task.json is for macp.mode.task.v1');
  });

  it('validate prints what registration would refuse, once', async () => {
    writeFileSync(join(cwd, 'wrong.json'), policyFile({ voting: { algorithm: 'majority', threshold: 7 } }));
    const { code, stdout } = await macp(['policy', 'validate', 'policies/policy.json', 'wrong.json'], { cwd });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^ok +policies\/policy\.json +policy\.test\.majority/);
    expect(stdout).toMatch(/error .*wrong\.json: .*threshold/);
    expect(stdout).not.toContain('INVALID_POLICY_DEFINITION');
  });
});
