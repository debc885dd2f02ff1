import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp, runtimeMapIn, type TokenEntry } from '../cli.test-support.js';

const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const runtimeMap = (): TokenEntry[] => runtimeMapIn(cwd);
const producerMap = (): Record<string, string> =>
  JSON.parse(/^EXAMPLES_SERVICE_AGENT_TOKENS_JSON='(.*)'$/m.exec(readFileSync(join(cwd, '.env'), 'utf8'))?.[1] ?? '{}') as Record<string, string>;

describe('macp onboard', () => {
  it('writes one token to both maps, for the owner only, and never prints it', async () => {
    writeFileSync(join(cwd, '.env'), 'OTHER=1\n# a remark\n');
    const { code, stdout, stderr } = await macp(['onboard', 'my-new-agent', '--can-start', '--modes', 'decision', '--max-open-sessions', '10'], { cwd });
    expect(code).toBe(0);
    const [entry] = runtimeMap();
    expect(entry).toEqual({
      token: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      sender: 'my-new-agent',
      can_start_sessions: true,
      allowed_modes: ['macp.mode.decision.v1', ''],
      max_open_sessions: 10,
    });
    expect(producerMap()).toEqual({ 'my-new-agent': entry?.token });
    expect(readFileSync(join(cwd, '.env'), 'utf8')).toMatch(/^OTHER=1\n# a remark\nEXAMPLES/);
    for (const file of ['macp-tokens.json', '.env']) expect(statSync(join(cwd, file)).mode & 0o777).toBe(0o600);
    expect(stdout + stderr).not.toContain(entry?.token ?? '?');
    expect(stdout).toMatch(
      /step 1[\s\S]*step 2[\s\S]*step 3[\s\S]*step 4[\s\S]*- \{ id: my-new-agent, role: evaluator, agentRef: my-new-agent \}[\s\S]*step 5/,
    );
  });

  it('again rotates: the old token stays valid until it is pruned', async () => {
    await macp(['onboard', 'a'], { cwd });
    await macp(['onboard', 'b'], { cwd });
    const [old] = runtimeMap();
    await macp(['onboard', 'a'], { cwd });
    expect(runtimeMap().map(({ sender }) => sender)).toEqual(['a', 'b', 'a']);
    expect(producerMap()['a']).toBe(runtimeMap()[2]?.token);
    expect((await macp(['tokens', 'check'], { cwd })).stdout).toMatch(/warning {2}a .*1 old token still valid/);
    expect((await macp(['tokens', 'prune', 'a'], { cwd })).code).toBe(0);
    expect(runtimeMap().map(({ sender }) => sender)).toEqual(['b', 'a']);
    expect(runtimeMap().some(({ token }) => token === old?.token)).toBe(false);
    expect(await macp(['tokens', 'check'], { cwd })).toMatchObject({ code: 0, stdout: expect.stringMatching(/ok {7}b [\s\S]*ok {7}a /) as string });
  });

  it.each([
    [['onboard', ' '], /must not be empty/],
    [['onboard', 'my agent'], /must not contain blanks/],
    [['onboard', 'risk\u0430gent'], /look-alike/],
    [['onboard', 'a', '--modes', 'decison'], /Did you mean decision\?/],
    [['tokens', 'prune', 'nobody'], /has no sender nobody/],
  ])('%j is refused and writes nothing', async (argv, message) => {
    const { code, stderr } = await macp(argv, { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(() => runtimeMap()).toThrow(/ENOENT/);
  });
});

/** The scenario of the fixtures, with scripted agents. */
function writeScenario(change: (text: string) => string = (text) => text): void {
  mkdirSync(join(cwd, 'policies'));
  cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
  writeFileSync(join(cwd, 'scenario.yaml'), change(readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures)));
}

interface Answer {
  readonly steps: readonly { readonly step: number; readonly done: boolean; readonly text: string }[];
  readonly checks?: readonly { readonly ok: boolean; readonly text: string }[];
}

describe('macp onboard, step 1', () => {
  it.each(['agent://risk-agent', 'Risk-Agent'])('refuses %s beside risk-agent: another string is another sender', async (sender) => {
    await macp(['onboard', 'risk-agent'], { cwd });
    const { code, stderr } = await macp(['onboard', sender], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/looks like risk-agent, which the maps have already/) as string });
    expect(runtimeMap().length).toBe(1);
  });
});

describe('macp onboard, step 2', () => {
  it('keeps the rights that no option names when an agent is onboarded again', async () => {
    await macp(['onboard', 'a', '--can-start', '--modes', 'decision'], { cwd });
    await macp(['onboard', 'a', '--max-open-sessions', '3'], { cwd });
    expect(runtimeMap()[1]).toMatchObject({ can_start_sessions: true, allowed_modes: ['macp.mode.decision.v1', ''], max_open_sessions: 3 });
  });

  it('asks a running runtime, and says that it must be reloaded until it knows the token', async () => {
    await using runtime = await startRuntime({ identities: [{ token: 'other', sender: 'other' }] });
    const asked = await macp(['onboard', 'a', '--runtime', runtime.address], { cwd });
    expect(asked.stdout).toMatch(/to do {2}step 2[\s\S]*does not know the token yet; it must be reloaded: send it SIGHUP/);
    writeScenario((text) => text.replace('{ id: r1,', '{ id: a,'));
    runtime.replaceIdentities(runtimeMap());
    const known = await macp(['onboard', 'a', '--runtime', runtime.address, '--scenario', 'scenario.yaml', '--verify'], { cwd });
    expect(known.stdout).toMatch(/done {3}step 2[\s\S]*knows the token already/);
    expect(runtimeMap().length).toBe(1);
  });
});

describe('macp onboard, step 4', () => {
  it('puts the agent into catalog and scenario and leaves the rest of both files as it was', async () => {
    writeScenario();
    writeFileSync(join(cwd, 'catalog.yaml'), '# ours\nagents:\n  - agentRef: other # stays\n    framework: custom\n    entrypoint: x.js\n');
    const before = readFileSync(join(cwd, 'scenario.yaml'), 'utf8');
    const { code } = await macp(['onboard', 'mine', '--scenario', 'scenario.yaml', '--catalog', 'catalog.yaml', '--entrypoint', 'mine/main.js'], { cwd });
    expect(code).toBe(0);
    const scenario = readFileSync(join(cwd, 'scenario.yaml'), 'utf8');
    expect(scenario).toContain('- { id: mine, role: evaluator, agentRef: mine }');
    expect(scenario.split('\n').filter((line) => line.startsWith('---')).length).toBe(before.split('\n').filter((line) => line.startsWith('---')).length);
    const catalog = readFileSync(join(cwd, 'catalog.yaml'), 'utf8');
    const tokens = runtimeMap();
    expect(catalog).toMatch(/^# ours\nagents:\n {2}- agentRef: other # stays\n[\s\S]*agentRef: mine\n[\s\S]*entrypoint: mine\/main\.js\n/);
    expect((await macp(['onboard', 'mine', '--scenario', 'scenario.yaml', '--catalog', 'catalog.yaml'], { cwd })).stdout).toMatch(
      /entry updated\n.*participant is there/,
    );
    // Neither its program nor its token was asked to change.
    expect(readFileSync(join(cwd, 'catalog.yaml'), 'utf8')).toBe(catalog);
    expect(runtimeMap()).toEqual(tokens);
  });

  it('says where to add it when the participants come from an include', async () => {
    writeScenario((text) => text.replace(/participants:\n(?: {6}- .*\n)+/, 'participants: !include people.yaml\n'));
    writeFileSync(join(cwd, 'people.yaml'), '[{ id: lead, role: lead, agentRef: committer }]\n');
    const { code, stderr } = await macp(['onboard', 'mine', '--scenario', 'scenario.yaml'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/takes its participants from elsewhere; add \{ id: mine, /) as string });
  });
});

describe('macp onboard --verify', () => {
  it('runs the scenario with the token of the maps and ticks the four checks of the guide', async () => {
    writeScenario();
    await macp(['onboard', 'lead', '--can-start', '--modes', 'decision'], { cwd });
    const { code, stdout } = await macp(['onboard', 'lead', '--scenario', 'scenario.yaml', '--verify'], { cwd });
    expect(stdout).toMatch(/✓ 1 {2}a scenario that includes the agent was launched: .* ended RESOLVED/);
    expect(stdout).toMatch(/✓ 2 {2}the runtime's log shows sender=lead on \d accepted envelopes/);
    expect(stdout).toMatch(/✓ 3 {2}no UNAUTHENTICATED/);
    expect(stdout).toMatch(/✓ 4 {2}the runtime's log shows SessionStart accepted, initiator_sender=lead/);
    expect(code).toBe(0);
    expect(runtimeMap().length).toBe(1);
  });

  it('fails where the guide would fail: an initiator that may not start sessions', async () => {
    writeScenario();
    await macp(['onboard', 'lead'], { cwd });
    const { code, stdout } = await macp(['onboard', 'lead', '--scenario', 'scenario.yaml', '--verify', '--timeout', '5', '--json'], { cwd });
    const { checks, steps } = JSON.parse(stdout) as Answer;
    expect(code).toBe(1);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(checks?.map(({ ok }) => ok)).toEqual([false, false, true, false]);
    expect(checks?.[3]?.text).toMatch(/can_start_sessions must be true \(step 2\)/);
  });

  it('needs to be told the scenario', async () => {
    expect(await macp(['onboard', 'a', '--verify'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--verify needs the scenario/) as string,
    });
  });
});
