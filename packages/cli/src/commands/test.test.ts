import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { macp } from '../cli.test-support.js';

const fixtures = fileURLToPath(new URL('../../../scenarios/src/fixtures', import.meta.url));
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
  mkdirSync(join(cwd, 'policies'));
  cpSync(join(fixtures, 'policy.json'), join(cwd, 'policies/policy.json'));
  write((text) => text);
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const write = (change: (text: string) => string): void =>
  writeFileSync(join(cwd, 'scenario.yaml'), change(readFileSync(join(fixtures, 'scenario.yaml'), 'utf8').replaceAll('FIXTURES', fixtures)));

describe('macp test', () => {
  it('runs every template that expects something', async () => {
    const { code, stdout } = await macp(['test', 'scenario.yaml'], { cwd });
    expect(stdout.split('\n').filter((line) => line.startsWith('ok')).length).toBe(3);
    expect(stdout).toMatch(/3 of 3 as expected in/);
    expect(code).toBe(0);
  });

  it('shows what differs and what was said', async () => {
    write((text) => text.replace('action: approve, votes: { r1: APPROVE', 'action: decline, votes: { r1: REJECT'));
    const { code, stdout } = await macp(['test', 'scenario.yaml'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}local\/.*template default/);
    expect(stdout).toMatch(/action\n +- expected {2}"decline"\n +\+ came out {2}"approve"/);
    expect(stdout).toMatch(/votes\.r1\n +- expected {2}"REJECT"\n +\+ came out {2}"APPROVE"/);
    expect(stdout).toMatch(/what was said:[\s\S]*r1 Vote APPROVE[\s\S]*transcript: /);
    expect(stdout).toMatch(/2 of 3 as expected/);
  });

  it('reports as JUnit and JSON, also into a file', async () => {
    write((text) => text.replace('{ state: CANCELLED }', '{ state: EXPIRED }'));
    const junit = await macp(['test', 'scenario.yaml', '--reporter', 'junit'], { cwd });
    expect(junit.code).toBe(1);
    expect(junit.stdout).toMatch(/^<\?xml .*\n<testsuites tests="3" failures="1"/);
    expect(junit.stdout).toMatch(/<testcase classname="local\/[^"]*" name="template cancel" time="[\d.]+">\n +<failure message="state differs">state\n/);
    expect(junit.stderr).toContain('2 of 3 as expected');
    await macp(['test', 'scenario.yaml', '--reporter', 'json', '-o', 'out.json'], { cwd });
    expect(JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8'))).toMatchObject({
      passed: false,
      results: expect.arrayContaining([
        expect.objectContaining({ name: 'template cancel', passed: false, differences: [{ path: 'state', expected: 'EXPIRED', actual: 'CANCELLED' }] }),
      ]) as unknown,
    });
  });

  it.each([
    ['kept alive for the repetitions', 3, (uses: string) => `await runAgent((agent) => agent${uses.replace('reason }', 'reason: say() }')});`],
    // Whether it can be kept alive is found out by starting it once.
    ['a process for each run', 4, (uses: string) => `const reason = say();\nawait fromBootstrap()${uses}.run();`],
  ] as const)('repeats each test with agents that are %s, and names the message that a repetition changed', { timeout: 60_000 }, async (_how, odd, program) => {
    const uses = `.use(evaluateProposals({ evaluate: () => ({ recommendation: 'APPROVE', confidence: 0.9, reason }) })).use(voteAfterPeers({ peerWaitMs: 5_000, vote: () => ({ vote: 'APPROVE', reason: 'r' }) }))`;
    // Beside the fixtures, from where packages are found.
    const file = join(fixtures, `flaky-${process.pid}.mjs`);
    writeFileSync(
      file,
      `import { appendFileSync, readFileSync } from 'node:fs';
import { evaluateProposals, fromBootstrap, runAgent, voteAfterPeers } from '@macp-agent/core';
function say() {
  appendFileSync('count', 'x');
  return readFileSync('count', 'utf8').length === ${odd} ? 'another reason' : 'the usual reason';
}
${program(uses)}
`,
    );
    write((text) =>
      `${text.split('\n---\n')[0] ?? ''}`
        .replace('{ id: r2, role: reviewer, agentRef: reviewer }', '{ id: r2, role: reviewer, agentRef: flaky }')
        .replace('  agents:\n', `  agents:\n    flaky: { command: [node, ${file}] }\n`),
    );
    const { code, stdout } = await macp(['test', '--repeat', '3'], { cwd });
    rmSync(file);
    expect(stdout).toMatch(/ok .*template default, round 1/);
    expect(stdout).toMatch(/FAILED .*template default, round [23]/);
    expect(stdout).toMatch(
      /round [23], r2, message 1\n +- expected {2}"Evaluation \{[^\n]*the usual reason[^\n]*\n +\+ came out {2}"Evaluation \{[^\n]*another reason/,
    );
    expect(stdout).toMatch(/2 of 3 as expected/);
    expect(code).toBe(1);
  });

  it('finds what there is to test, or says that there is nothing', async () => {
    expect(JSON.parse((await macp(['test', '--json'], { cwd })).stdout)).toMatchObject({ passed: true });
    rmSync(join(cwd, 'scenario.yaml'));
    expect(await macp(['test'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no scenario\.yaml, no packs, no examples here/) as string,
    });
  });

  it('takes cases from a file, and a case that cannot be compiled is a failure of its own', async () => {
    writeFileSync(
      join(cwd, 'cases.jsonl'),
      [
        { name: 'fine', template: 'reject', inputs: { amount: 1 }, expect: { action: 'decline' } },
        { name: 'typo', inputs: { amuont: 1 } },
      ]
        .map((one) => JSON.stringify(one))
        .join('\n'),
    );
    const { code, stdout } = await macp(['test', 'scenario.yaml', '--cases', 'cases.jsonl'], { cwd });
    expect(stdout).toMatch(/FAILED .*typo[\s\S]*Did you mean amount\?[\s\S]*ok .*fine/);
    expect(code).toBe(1);
  });

  it.each([
    [['test', 'nothing-here'], /pack\/scenario@version/],
    [['test', 'scenario.yaml', '--cases', 'missing.jsonl'], /cannot be read/],
    [['test', 'scenario.yaml', '--reporter', 'xml'], /Allowed choices are text, json, junit/],
    [['run', 'scenario.yaml', '--cases', 'bad.jsonl'], /bad\.jsonl:2 has the unknown member expects/],
  ])('%j is a usage error', async (argv, message) => {
    writeFileSync(join(cwd, 'bad.jsonl'), '{"name":"a"}\n{"name":"b","expects":{}}\n');
    const { code, stderr } = await macp(argv, { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('macp run --cases', () => {
  it('runs all and writes one line for each', async () => {
    writeFileSync(join(cwd, 'cases.jsonl'), ['default', 'reject', 'cancel'].map((template) => JSON.stringify({ name: template, template })).join('\n'));
    const { code, stdout, stderr } = await macp(['run', 'scenario.yaml', '--cases', 'cases.jsonl', '--concurrency', '3', '-o', 'out.jsonl', '--quiet'], {
      cwd,
    });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/3 of 3 as expected; 3 played in /);
    expect(code).toBe(0);
    const results = readFileSync(join(cwd, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; outcome: { state: string } });
    expect(results.map(({ name, outcome }) => `${name} ${outcome.state}`).toSorted()).toEqual(['cancel CANCELLED', 'default RESOLVED', 'reject RESOLVED']);
  });
});

describe('macp run --watch', () => {
  it('runs again after a change, until it is interrupted', async () => {
    const abort = new AbortController();
    const seen = { text: '' };
    const ended = macp(['run', 'scenario.yaml', '--watch', '--quiet'], { cwd, signal: abort.signal, onOutput: (text) => (seen.text += text) });
    const waiting = () => seen.text.split('waiting for a change').length - 1;
    await vi.waitFor(() => expect(waiting()).toBe(1), { timeout: 15_000 });
    write((text) => text.replace('name: Scripted review', 'name: [broken'));
    await vi.waitFor(() => expect(waiting()).toBe(2), { timeout: 15_000 });
    expect(seen.text).toContain('is not valid YAML');
    write((text) => text);
    await vi.waitFor(() => expect(waiting()).toBe(3), { timeout: 15_000 });
    abort.abort();
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/RESOLVED[\s\S]*RESOLVED/) as string });
  });
});
