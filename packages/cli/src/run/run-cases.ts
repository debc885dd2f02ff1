import { resolve } from 'node:path';
import { findScenario, type AgentLaunch, type Scenario } from '@macp-agent/scenarios';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { prepareJob, runBatch, type Job, type JobResult } from './batch.js';
import { printSummary } from './batch-summary-text.js';
import { CaseResults, caseKey } from './case-results.js';
import { loadCases, type Case } from './load-cases.js';
import { openCatalog } from './load-scenario-source.js';
import { playKept } from './play-kept.js';
import { Progress } from './progress.js';
import { openTarget, type TargetOptions } from './run-target.js';
import { printResult, resultToJson } from './test-report.js';

interface CasesOptions extends TargetOptions {
  readonly packs?: readonly string[];
  readonly template?: string;
  readonly runsDir: string;
  readonly timeout?: number;
  readonly concurrency?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Sessions at a time with agents that stay alive; with a process per agent and case, each of them needs a processor's share to start. */
const KEPT_CONCURRENCY = 64;
const SPAWNED_CONCURRENCY = 2;

/** A case and where it stands; compiled only while it is played. */
interface Item {
  readonly number: number;
  readonly key: string;
  readonly one: Case;
  readonly compile: () => Job;
}

/**
 * Plays every case of a file and sums up, with agents that stay alive where they can. A case without an expectation is fine when its
 * session ends. Every case is compiled before the first one starts, so that a typing error in the last line costs nothing.
 */
export async function runCases(scenario: Scenario, file: string, options: CasesOptions, context: CliContext): Promise<number> {
  const { config, output, signal } = context;
  const catalog = openCatalog(config, options.packs);
  const launches = new Map<string, ReadonlyMap<string, AgentLaunch>>();
  const items = loadCases(resolve(config.cwd, file)).map((one, index): Item => {
    const of = one.scenario === undefined ? scenario : findScenario(catalog, one.scenario);
    const templateId = one.template ?? options.template;
    const kind = JSON.stringify([of.ref, templateId]);
    const compile = (): Job => {
      const job = prepareJob({ scenario: of, name: one.name, templateId, inputs: one.inputs ?? {}, expected: one.expect, agents: launches.get(kind) });
      launches.set(kind, job.agents);
      return job;
    };
    return { number: index + 1, key: caseKey(one, { scenarioRef: scenario.ref, template: options.template }), one, compile };
  });
  const kinds = new Map<string, Job>();
  for (const { compile } of items) {
    const job = compile();
    const kind = JSON.stringify([job.scenarioRef, job.templateId]);
    if (!kinds.has(kind)) kinds.set(kind, job);
  }
  using results = new CaseResults(
    options.output === undefined ? undefined : resolve(config.cwd, options.output),
    items.map(({ key }) => key),
  );
  const resumed = results.done.size;
  const left = items.filter(({ number }) => !results.done.has(number));
  if (resumed > 0) output.note(`${resumed} of ${items.length} cases are in ${options.output} already; ${left.length} to do`);
  const began = performance.now();
  const progress = new Progress(output, items.length, resumed);
  const show = ({ number, key, one }: Item, result: JobResult): void => {
    const line = { type: 'case', case: number, key, ...(one.label === undefined ? {} : { label: one.label }), ...resultToJson(result) };
    results.add(line);
    if (options.json === true) output.json(line);
    else if (!result.passed) printResult(output, result);
    progress.add(result.passed);
  };
  try {
    if (left.length > 0 && !(await playAlive(left, [...kinds.values()], options, context, show))) await playSpawned(left, options, context, show);
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - began) / 1000;
  const summary = results.summary();
  const played = summary.cases - resumed;
  const perSecond = played / seconds;
  if (options.json === true) output.json({ type: 'summary', ...summary, resumed, seconds, perSecond });
  else if (options.quiet !== true) printSummary(output, summary);
  output.note(`${summary.passed} of ${items.length} as expected; ${played} played in ${seconds.toFixed(1)} s, ${perSecond.toFixed(1)} a second`);
  if (signal.aborted) return EXIT.interrupted;
  return summary.passed === items.length ? EXIT.ok : EXIT.failed;
}

type Show = (item: Item, result: JobResult) => void;

/** False, with a remark, when an agent cannot be kept alive. */
async function playAlive(items: readonly Item[], kinds: readonly Job[], options: CasesOptions, context: CliContext, show: Show): Promise<boolean> {
  const { concurrency = KEPT_CONCURRENCY } = options;
  const refusing = await playKept(items, kinds, { ...options, concurrency, parentEnv: context.config.agentEnv() }, context, show);
  if (refusing.length === 0) return true;
  context.output.note(`${refusing.join(', ')}: serves one session only (its program does not call runAgent), so every case starts processes of its own`);
  return false;
}

async function playSpawned(items: readonly Item[], options: CasesOptions, context: CliContext, show: Show): Promise<void> {
  const { config, signal, forceSignal } = context;
  const jobs = items.map(({ compile }) => compile());
  const target = await openTarget(
    config,
    jobs.map(({ compiled }) => compiled),
    options,
  );
  try {
    await runBatch(jobs, target, {
      concurrency: options.concurrency ?? SPAWNED_CONCURRENCY,
      runsDir: resolve(config.cwd, options.runsDir),
      parentEnv: config.agentEnv(),
      runMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      signal,
      forceSignal,
      onDone: (result, index) => {
        const item = items[index];
        // What was interrupted is done again.
        if (item !== undefined && result.result?.outcome.exitCode !== 130) show(item, result);
      },
    });
  } finally {
    await target.close();
  }
}
