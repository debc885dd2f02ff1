import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime } from '@macp-agent/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeAt, macp, runtimeMapIn, type TokenEntry } from '../cli.test-support.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const writeMaps = (runtime: readonly TokenEntry[], producer: Record<string, string> | string): void => {
  writeFileSync(join(cwd, 'macp-tokens.json'), JSON.stringify({ tokens: runtime }));
  writeFileSync(join(cwd, '.env'), `EXAMPLES_SERVICE_AGENT_TOKENS_JSON='${typeof producer === 'string' ? producer : JSON.stringify(producer)}'\n`);
};
const runtimeMap = (): TokenEntry[] => runtimeMapIn(cwd);

describe('macp tokens check', () => {
  it('finds what the maps disagree on, without showing a token', async () => {
    writeMaps(
      [
        { token: 'secret-1', sender: 'same' },
        { token: 'secret-2', sender: 'differs' },
        { token: 'sec.ret', sender: 'dotted' },
        { token: 'secret-5', sender: 'agent://same' },
        { token: 'secret-6', sender: 'twice-1' },
        { token: 'secret-6', sender: 'twice-2' },
      ],
      { same: 'secret-1', differs: 'secret-3', only: 'secret-4', dotted: 'sec.ret', 'twice-2': 'secret-6' },
    );
    const { code, stdout } = await macp(['tokens', 'check'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/warning {2}same .*looks like agent:\/\/same, which is another sender/);
    expect(stdout).toMatch(/error {4}differs .*which the runtime does not know \(step 2\)/);
    expect(stdout).toMatch(/error {4}only .*in the producer map only: unknown to the runtime \(step 2\)/);
    expect(stdout).toMatch(/error {4}dotted .*its token contains a dot/);
    expect(stdout).toMatch(/error {4}twice-1 .*stands in 2 entries \(twice-1, twice-2\); the last one wins/);
    expect(stdout).not.toMatch(/secret|sec\.ret/);
  });

  it('explains an empty list of modes, and one that leaves signals out', async () => {
    writeMaps(
      [
        { token: 'one', sender: 'a', allowed_modes: [] },
        { token: 'two', sender: 'b', allowed_modes: ['macp.mode.decision.v1'] },
      ],
      { a: 'one', b: 'two' },
    );
    const { code, stdout } = await macp(['tokens', 'check'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning {2}a .*allowed_modes is empty: in this map that allows every mode, in a JWT none/);
    expect(stdout).toMatch(/warning {2}b .*no "": Signal and Progress are refused/);
  });

  it('names a broken map without showing it', async () => {
    writeFileSync(join(cwd, 'macp-tokens.json'), '{ "tokens": [ // secret-9\n ] }');
    const { code, stderr } = await macp(['tokens', 'check'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not valid JSON \(comments are not allowed in it\)/);
    expect(stderr).not.toContain('secret-9');
  });

  it('refuses a producer map that names a sender twice', async () => {
    writeMaps([{ token: 'one', sender: 'a' }], '{ "a": "one", "b": "x", "a": "two" }');
    expect(await macp(['tokens', 'check'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringMatching(/has the sender a twice/) as string });
  });
});

describe('macp tokens list', () => {
  it('prints what each sender may do, as an object per line with --json', async () => {
    writeMaps([{ token: 'one', sender: 'a', can_start_sessions: false, allowed_modes: ['macp.mode.task.v1', ''], is_observer: true }], { a: 'one' });
    expect((await macp(['tokens', 'list'], { cwd })).stdout).toMatch(
      /^a {2}sha256:[0-9a-f]{8} {2}may not start sessions; modes macp\.mode\.task\.v1, "" \(signals\); observer\n$/,
    );
    expect(JSON.parse((await macp(['tokens', 'list', '--json'], { cwd })).stdout)).toMatchObject({ sender: 'a', problems: [] });
  });
});

describe('macp tokens rotate', () => {
  it('adds a token with the same rights; both work at a runtime until the old one is pruned', async () => {
    writeMaps(
      [
        { token: 'old', sender: 'a', can_start_sessions: false, allowed_modes: ['macp.mode.decision.v1', ''], note: 'kept' },
        { token: 'b', sender: 'b' },
      ],
      { a: 'old', b: 'b' },
    );
    const { code, stdout } = await macp(['tokens', 'rotate', 'a'], { cwd });
    expect(code).toBe(0);
    expect(statSync(join(cwd, 'macp-tokens.json')).mode & 0o777).toBe(0o600);
    const [before, , after] = runtimeMap();
    expect({ ...after, token: '' }).toEqual({ ...before, token: '' });
    expect(after?.token).toMatch(/^[0-9a-f]{64}$/);
    expect(stdout).not.toContain(after?.token ?? '?');
    await using runtime = await startRuntime({ identities: runtimeMap() });
    const knows = (token: string): Promise<string> => codeAt(runtime.address, token);
    expect([await knows('old'), await knows(after?.token ?? '')]).toEqual(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND']);
    const pruned = await macp(['tokens', 'prune', 'a', '--json'], { cwd });
    expect(JSON.parse(pruned.stdout)).toMatchObject({ sender: 'a', removed: [expect.stringMatching(/^sha256:/)] });
    runtime.replaceIdentities(runtimeMap());
    expect([await knows('old'), await knows(after?.token ?? '')]).toEqual(['UNAUTHENTICATED', 'SESSION_NOT_FOUND']);
  });

  it('writes nothing while one token stands in two entries', async () => {
    writeMaps(
      [
        { token: 'same', sender: 'a' },
        { token: 'same', sender: 'b' },
      ],
      { a: 'same' },
    );
    const { code, stderr } = await macp(['tokens', 'rotate', 'a'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/one token in several entries .* of a and b.*Nothing was written/) as string });
    expect(runtimeMap().length).toBe(2);
    expect(stderr).not.toMatch(/same"/);
  });
});
