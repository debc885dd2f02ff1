import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findAgents, findScenario, loadPacks, withFramework } from '@macp-agent/scenarios';
import { describe, expect, it } from 'vitest';
import { FRAUD, MacpProcess } from './macp-process.js';

interface Case {
  readonly name: string;
  readonly template: string;
  readonly inputs: Record<string, unknown>;
  readonly expect: { readonly state: string; readonly action?: string; readonly outcomePositive?: boolean; readonly exitCode: number };
}
/** A line that a batch writes. */
interface CaseResult {
  readonly case: number;
  readonly name: string;
  readonly outcome: { readonly state: string; readonly commitment?: { readonly action: string } };
}

// The first five cases are the five templates as they stand.
const file = fileURLToPath(new URL('../../examples/fraud/cases.jsonl', import.meta.url));
const cases = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);
const templates = cases.slice(0, 5);

describe.concurrent.each(['node', 'langgraph', 'langchain'])('the fraud decision with %s agents only', (framework) => {
  it.each(templates.map((one) => [one.template, one] as const))('ends as it does with mixed frameworks: %s', { timeout: 60_000 }, async (template, one) => {
    expect(one.inputs).toEqual({});
    using run = new MacpProcess(['run', FRAUD, '--framework', framework, '--template', template]);
    expect([await run.ended, run.stderr]).toEqual([one.expect.exitCode, '']);
    const { state, commitment, missing } = run.outcome;
    expect({ state, action: commitment?.action, outcomePositive: commitment?.outcomePositive, missing }).toEqual({
      state: one.expect.state,
      action: one.expect.action,
      outcomePositive: one.expect.outcomePositive,
      missing: [],
    });
  });

  it('ends as it does with mixed frameworks: every case', { timeout: 120_000 }, async () => {
    using run = new MacpProcess(['run', FRAUD, '--framework', framework, '--cases', file, '-o', 'out.jsonl']);
    expect([await run.ended, run.stderr]).toEqual([0, expect.stringContaining('14 of 14 as expected')]);
    const results = readFileSync(join(run.folder, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CaseResult)
      .toSorted((a, b) => a.case - b.case);
    expect(results.map(({ name, outcome }) => ({ name, state: outcome.state, action: outcome.commitment?.action }))).toEqual(
      cases.map(({ name, expect: { state, action } }) => ({ name, state, action })),
    );
  });
});

describe('the agents of a framework', () => {
  it.each([
    ['node', 'custom'],
    ['langgraph', 'langgraph'],
    ['langchain', 'langchain'],
  ])('are all of it: %s', (framework, label) => {
    const scenario = withFramework(findScenario(loadPacks([fileURLToPath(new URL('../../examples', import.meta.url))]), FRAUD), framework);
    const bindings = ['risk-agent', 'fraud-agent', 'growth-agent', 'compliance-agent'].map((name) => ({ participantId: name, agentRef: name }));
    for (const launch of findAgents(scenario, bindings).values()) expect(launch).toMatchObject({ framework: label, external: false });
  });
});

describe('a framework that the pack does not have', () => {
  it('is refused with those that there are', async () => {
    using run = new MacpProcess(['run', FRAUD, '--framework', 'langgrap']);
    expect(await run.ended).toBe(2);
    expect(run.said).toContain('use one of langchain, langgraph, node. Did you mean langgraph?');
  });
});
