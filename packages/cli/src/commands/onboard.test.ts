import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

interface Entry {
  readonly token: string;
  readonly sender: string;
}
const runtimeMap = (): Entry[] => (JSON.parse(readFileSync(join(cwd, 'macp-tokens.json'), 'utf8')) as { tokens: Entry[] }).tokens;
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

describe('macp tokens check', () => {
  it('finds what the maps disagree on, without showing a token', async () => {
    writeFileSync(
      join(cwd, 'macp-tokens.json'),
      JSON.stringify([
        { token: 'secret-1', sender: 'same' },
        { token: 'secret-2', sender: 'differs' },
        { token: 'sec.ret', sender: 'dotted' },
      ]),
    );
    writeFileSync(
      join(cwd, '.env'),
      `EXAMPLES_SERVICE_AGENT_TOKENS_JSON='${JSON.stringify({ same: 'secret-1', differs: 'secret-3', only: 'secret-4', dotted: 'sec.ret' })}'\n`,
    );
    const { code, stdout } = await macp(['tokens', 'check'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/ok {7}same/);
    expect(stdout).toMatch(/error {4}differs .*which the runtime does not know \(step 2\)/);
    expect(stdout).toMatch(/error {4}only .*in the producer map only \(step 2\)/);
    expect(stdout).toMatch(/dotted {2}its token contains a dot/);
    expect(stdout).not.toMatch(/secret|sec\.ret/);
  });

  it('names a broken map without showing it', async () => {
    writeFileSync(join(cwd, 'macp-tokens.json'), '{ "tokens": [ // secret-9\n ] }');
    const { code, stderr } = await macp(['tokens', 'check'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not valid JSON \(comments are not allowed in it\)/);
    expect(stderr).not.toContain('secret-9');
  });
});
