import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAUD, MacpProcess } from './macp-process.js';

interface Case {
  readonly name: string;
  readonly template: string;
  readonly inputs: Record<string, unknown>;
  readonly expect: { readonly state: string; readonly action?: string; readonly outcomePositive?: boolean; readonly exitCode: number };
}

const file = fileURLToPath(new URL('../../examples/fraud/cases.jsonl', import.meta.url));
const cases = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);
const rounds = [1, 2];

describe.concurrent('the fraud decision of four processes', () => {
  it.each(rounds.flatMap((round) => cases.map((one) => [one.name, round, one] as const)))(
    'ends as expected: %s, round %i',
    { timeout: 60_000 },
    async (_name, _round, one) => {
      const { template, inputs, expect: expected } = one;
      using run = new MacpProcess([
        'run',
        FRAUD,
        '--template',
        template,
        ...Object.entries(inputs).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]),
      ]);
      expect(await run.ended).toBe(expected.exitCode);
      expect(run.outcome.state).toBe(expected.state);
      expect(run.outcome.commitment?.action).toBe(expected.action);
      expect(run.outcome.commitment?.outcomePositive).toBe(expected.outcomePositive);
      expect(run.outcome.missing).toEqual([]);
    },
  );

  it('is suspended and resumed once by suspend-demo, after all votes are in', { timeout: 60_000 }, async () => {
    using run = new MacpProcess(['run', FRAUD, '--template', 'suspend-demo']);
    expect(await run.ended).toBe(0);
    expect(
      run
        .of('session')
        .map(({ state }) => state)
        .filter((state) => state !== 'RESOLVED'),
    ).toEqual(['SUSPENDED', 'OPEN']);
    const suspended = run.events.findIndex((event) => event.type === 'session' && event.state === 'SUSPENDED');
    expect(run.events.slice(0, suspended).filter((event) => event.type === 'envelope' && event.messageType === 'Vote')).toHaveLength(3);
  });

  it('says why the policy denied a commitment', { timeout: 60_000 }, async () => {
    const denied = cases.at(-1);
    using run = new MacpProcess([
      'run',
      FRAUD,
      '--template',
      'unanimous',
      ...Object.entries(denied?.inputs ?? {}).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]),
    ]);
    expect(await run.ended).toBe(4);
    expect(JSON.stringify(run.outcome)).toContain('no evaluation other than REVIEW reaches confidence 0.7');
  });
});

describe('bad input', () => {
  it('lists every problem with its rule and an example, and starts nothing', async () => {
    using run = new MacpProcess(['run', FRAUD, '--set', 'deviceTrustScore=7', '--set', 'colour=blue']);
    expect(await run.ended).toBe(2);
    expect(run.pids).toEqual([]);
    expect(run.said).toMatch(/deviceTrustScore must be <= 1, for example --set deviceTrustScore=/);
    expect(run.said).toContain('colour is not an input of this scenario');
  });

  it.each([
    ['an unknown template', ['--template', 'unanmous'], 'Did you mean unanimous'],
    ['a file that does not exist', ['--inputs', 'nowhere.json'], 'nowhere.json'],
    ['a word that is no JSON', ['--set', 'transactionAmount=much'], 'transactionAmount'],
  ])('refuses %s', async (_what, args, text) => {
    using run = new MacpProcess(['run', FRAUD, ...args]);
    expect(await run.ended).toBe(2);
    expect(run.said).toContain(text);
    expect(run.pids).toEqual([]);
  });

  it('takes inputs from a file', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'macp-inputs-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const inputs = join(folder, 'inputs.json');
    writeFileSync(inputs, JSON.stringify({ deviceTrustScore: 0.07, priorChargebacks: 0 }));
    using run = new MacpProcess(['run', FRAUD, '--inputs', inputs]);
    expect(await run.ended).toBe(3);
  });
});
