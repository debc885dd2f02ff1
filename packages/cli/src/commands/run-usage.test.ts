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
    [[FRAUD, '--inputs', 'missing.json'], /macp: cannot read missing\.json: it does not exist \[INVALID_OPTIONS\]/],
    [[FRAUD, '--inputs', '.'], /cannot read \.: it is a folder/],
    [[FRAUD, '--fault', 'crash:growth-agent@Vite'], /Vite is no message type of this mode\. Did you mean Vote\? There are: SessionStart, Proposal/],
    [[FRAUD, '--timeout', 'abc'], /--timeout abc: give a number over 0/],
    [[FRAUD, '--concurrency', '0'], /--concurrency 0: give a number over 0/],
    [[FRAUD, '--runtime', 'http://x'], /--runtime http:\/\/x is not host:port/],
    [[FRAUD, 'extra'], /extra is one word too many/],
    [['--templte', 'x', FRAUD], /unknown option --templte/],
    [[FRAUD, '--fault', 'crash:grwth-agent@Proposal'], /Did you mean growth-agent\?/],
    [[FRAUD, '--fault', 'boom'], /Write one of crash:/],
    [[FRAUD, '--templte', 'x'], /Did you mean --template\?/],
    [['./nope.yaml'], /does not exist/],
    [[], /name a scenario: pack\/scenario@version.*There are: .*fraud\/high-value-new-device@1\.0\.0/],
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

  it('finds everything that is wrong in one go, whatever stage it belongs to', async () => {
    const { code, stderr } = await run(FRAUD, '--template', 'nope', '--set', 'foo', '--set', 'deviceTrustScore=7', '--inputs', 'missing.json');
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'macp: 4 problems, nothing was started [INVALID_OPTIONS]:',
      `  - ${FRAUD} has no template nope. It has: default, majority-veto, strict-risk, suspend-demo, unanimous`,
      '  - cannot read missing.json: it does not exist',
      '  - foo is not key=value, for example --set customerId=CUST-1001',
      '  - deviceTrustScore must be <= 1, for example --set deviceTrustScore=0.18',
    ]);
    const more = await run('fraud/nope@1.0.0', '--templte=x', '--timeout', '-1', '--set', 'x', '--fault', 'crash:a', '--json');
    expect((JSON.parse(more.stdout) as { problems: { path: string }[] }).problems.map(({ path }) => path)).toEqual([
      '--timeout',
      '--templte',
      'scenario',
      'x',
      '--fault',
    ]);
    const both = await run(FRAUD, '--fault', 'crash:x@Nope');
    expect(both.stderr).toMatch(/x does not take part[\s\S]+Nope is no message type/);
  });

  it('says where a file of inputs is not JSON, and does not call missing what the file may hold', async () => {
    writeFileSync(join(cwd, 'in.json'), '{\n  "transactionAmount": 5,\n  "priorChargebacks": oops\n}');
    const { code, stderr } = await run(FRAUD, '--inputs', 'in.json');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^macp: in\.json is not JSON: line 3 column 23: a value must stand here; .*\n$/);
    writeFileSync(join(cwd, 'in.json'), '[]');
    expect((await run(FRAUD, '--inputs', 'in.json')).stderr).toContain('in.json must hold a JSON object');
  });

  it('answers in JSON with --json', async () => {
    const { code, stdout, stderr } = await run(FRAUD, '--json', '--set', 'deviceTrustScore=7');
    expect(code).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      code: 'VALIDATION_ERROR',
      problems: [{ path: 'deviceTrustScore', rule: 'must be <= 1', example: '--set deviceTrustScore=0.18', code: 'VALIDATION_ERROR' }],
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
