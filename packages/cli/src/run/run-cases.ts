import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findScenario, type Scenario } from '@macp-agent/scenarios';
import type { CliContext } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { runBatch, type Job, type JobResult, prepareJob } from './batch.js';
import { loadCases } from './load-cases.js';
import { openCatalog } from './load-scenario-source.js';
import { openTarget, type TargetOptions } from './run-target.js';
import { printResult, resultToJson } from './test-report.js';

interface CasesOptions extends TargetOptions {
  readonly packs?: readonly string[];
  readonly template?: string;
  readonly runsDir: string;
  readonly timeout?: number;
  readonly concurrency: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * Runs every case of a file, some at a time, and sums up. A case without an expectation is fine when its session ends.
 * Every case is compiled before the first one starts, so that a typing error in the last line costs nothing.
 */
export async function runCases(scenario: Scenario, file: string, options: CasesOptions, context: CliContext): Promise<number> {
  const { config, output, signal, forceSignal } = context;
  const catalog = openCatalog(config, options.packs);
  const jobs: Job[] = loadCases(resolve(config.cwd, file)).map((one) =>
    prepareJob(
      one.scenario === undefined ? scenario : findScenario(catalog, one.scenario),
      one.name,
      one.template ?? options.template,
      one.inputs ?? {},
      one.expect,
    ),
  );
  const target = await openTarget(
    config,
    jobs.map(({ compiled }) => compiled),
    options,
  );
  const began = performance.now();
  let done = 0;
  const onDone = (result: JobResult): void => {
    done += 1;
    if (options.json === true) output.json(resultToJson(result));
    else if (options.quiet !== true || !result.passed) printResult(output, result);
    output.footer([`${done} of ${jobs.length} cases`]);
  };
  try {
    const results = await runBatch(jobs, target, {
      concurrency: options.concurrency,
      runsDir: resolve(config.cwd, options.runsDir),
      parentEnv: config.agentEnv(),
      runMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      signal,
      forceSignal,
      onDone,
    });
    output.footer([]);
    if (options.output !== undefined)
      writeFileSync(resolve(config.cwd, options.output), results.map((result) => `${JSON.stringify(resultToJson(result))}\n`).join(''));
    const passed = results.filter((result) => result.passed).length;
    output.note(`${passed} of ${jobs.length} as expected in ${((performance.now() - began) / 1000).toFixed(1)} s; ${summary(results)}`);
    if (signal.aborted) return EXIT.interrupted;
    return passed === jobs.length ? EXIT.ok : EXIT.failed;
  } finally {
    await target.close();
  }
}

/** `approve 8, decline 5, CANCELLED 1`. */
function summary(results: readonly JobResult[]): string {
  const counts = new Map<string, number>();
  for (const { result } of results) {
    const what = result === undefined ? 'not run' : (result.outcome.commitment?.action ?? result.outcome.state);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}
