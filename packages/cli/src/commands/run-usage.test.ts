import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
const FRAUD = 'fraud/high-value-new-device@1.0.0';
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const run = (...argv: string[]) => macp(['run', ...argv], { cwd, env: { MACP_PACKS_DIR: examples } });

describe('macp run with bad usage', () => {
  it.each([
    [['fraud/high-value-new-devise@1.0.0'], /Did you mean high-value-new-device\?.*\[SCENARIO_NOT_FOUND\]/],
    [['frod/high-value-new-device@1.0.0'], /Did you mean fraud\?/],
    [['fraud/high-value-new-device@2.0.0'], /It has: 1\.0\.0/],
    [['fraud'], /write pack\/scenario@version/],
    [[FRAUD, '--template', 'unanimus'], /Did you mean unanimous\? It has: default, majority-veto/],
    [[FRAUD, '--set', 'transactionAmont=5'], /transactionAmont is not an input of this scenario\. Did you mean transactionAmount\?/],
    [[FRAUD, '--set', 'transactionAmount'], /is not key=value/],
    [[FRAUD, '--inputs', 'missing.json'], /--inputs .*missing\.json/],
    [[FRAUD, '--fault', 'crash:grwth-agent@Proposal'], /Did you mean growth-agent\?/],
    [[FRAUD, '--fault', 'boom'], /write crash:/],
    [[FRAUD, '--templte', 'x'], /Did you mean --template\?/],
    [['./nope.yaml'], /does not exist/],
    [[], /missing required argument 'scenario'/],
  ])('%j exits 2 and starts nothing', async (argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('lists every bad input with path, rule and example', async () => {
    writeFileSync(join(cwd, 'in.json'), JSON.stringify({ deviceTrustScore: 7, priorChargebacks: -1 }));
    const { code, stderr } = await run(FRAUD, '--inputs', 'in.json', '--set', 'isVipCustomer=maybe', '--set', 'priorChargebacks=0.5');
    expect(code).toBe(2);
    expect(stderr).toContain('deviceTrustScore must be <= 1, for example --set deviceTrustScore=0.18');
    expect(stderr).toContain('isVipCustomer must be boolean, for example --set isVipCustomer=true');
    expect(stderr).toContain('priorChargebacks must be integer, for example --set priorChargebacks=1');
  });

  it('answers in JSON with --json', async () => {
    const { code, stdout, stderr } = await run(FRAUD, '--json', '--set', 'deviceTrustScore=7');
    expect(code).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      code: 'VALIDATION_ERROR',
      problems: [{ path: 'deviceTrustScore', rule: 'must be <= 1', example: 'deviceTrustScore=0.18' }],
    });
  });
});

describe('macp --help', () => {
  it('exits 0, fits 80 columns and names the exit codes', async () => {
    for (const argv of [['--help'], ['run', '--help'], ['test', '--help'], ['scenario', 'lint', '--help'], ['bootstrap', 'convert', '--help']]) {
      const { code, stdout } = await macp(argv, { cwd });
      expect(code).toBe(0);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
    expect((await macp(['run', '--help'], { cwd })).stdout).toMatch(/0 positive commitment, 3 negative, 4 ended without one/);
  });

  it('of an unknown command suggests one', async () => {
    const { code, stderr } = await macp(['rnu'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean run?');
  });
});
