import { availableParallelism } from 'node:os';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { Option, type Command } from 'commander';
import type { CliContext } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { readCount, readNumber } from '../option-values.js';
import { runBatch, type JobResult } from '../run/batch.js';
import { findTests } from '../run/load-tests.js';
import { openTarget, type TargetOptions } from '../run/run-target.js';
import { junitReport, printResult, resultToJson } from '../run/test-report.js';

interface TestOptions extends TargetOptions {
  readonly cases?: string;
  readonly concurrency: number;
  readonly reporter: 'text' | 'json' | 'junit';
  readonly output?: string;
  readonly runsDir: string;
  readonly timeout?: number;
}

/** `macp test [what...]`. */
export function addTestCommand(program: Command, context: CliContext): void {
  program
    .command('test')
    .description('run scenarios and compare each outcome with what its template or case expects')
    .argument('[what...]', 'packs roots, packs, references or scenario.yaml files', ['examples'])
    .option('--cases <file>', 'JSON Lines of cases instead of the templates')
    .option('-c, --concurrency <n>', 'runs at a time', readCount, Math.max(2, Math.floor(availableParallelism() / 2)))
    .addOption(new Option('--reporter <format>', 'how to report').choices(['text', 'json', 'junit']).default('text'))
    .option('-o, --output <file>', 'report here instead of standard output')
    .option('--runtime <host:port>', 'use this runtime; default: one in this process')
    .option('--tokens-env <name>', 'variable with the sender → token map for --runtime')
    .option('--runs-dir <dir>', 'where logs and transcripts go', 'runs')
    .option('--timeout <seconds>', 'limit of each run', readNumber)
    .addHelpText('after', '\nExit codes: 0 all as expected, 1 not all, 2 usage or nothing to\ntest, 130 interrupted')
    .action(async (what: string[], options: TestOptions) => {
      context.exitCode = await testCommand(what, options, context);
    });
}

async function testCommand(what: readonly string[], options: TestOptions, context: CliContext): Promise<number> {
  const { config, output, signal, forceSignal } = context;
  const began = performance.now();
  const { jobs, broken } = findTests(config, what, options.cases === undefined ? undefined : resolve(config.cwd, options.cases));
  if (jobs.length + broken.length === 0) {
    throw new MacpError('INVALID_OPTIONS', `${what.join(', ')} has nothing to test: give a template outputs.expected, or write cases.jsonl beside pack.yaml`);
  }
  const live = options.reporter === 'text' && options.output === undefined;
  const show = (result: JobResult): void => {
    if (live) printResult(output, result);
    else output.note(`${result.passed ? 'ok    ' : 'FAILED'}  ${result.scenarioRef}  ${result.name}`);
  };
  for (const result of broken) show(result);
  const results: JobResult[] = [...broken];
  const target = await openTarget(
    config,
    jobs.map(({ compiled }) => compiled),
    options,
  );
  try {
    results.push(
      ...(await runBatch(jobs, target, {
        concurrency: options.concurrency,
        runsDir: resolve(config.cwd, options.runsDir),
        // A demonstration of waiting does not make a test better.
        parentEnv: { RISK_DECIDER_SUSPEND_HOLD_MS: '200', ...config.agentEnv() },
        runMs: options.timeout === undefined ? undefined : options.timeout * 1000,
        signal,
        forceSignal,
        onDone: show,
      })),
    );
  } finally {
    await target.close();
  }
  const durationMs = performance.now() - began;
  const passed = results.filter((result) => result.passed).length;
  const report = formatReport(options.reporter, results, durationMs);
  if (options.output !== undefined) writeFileSync(resolve(config.cwd, options.output), `${report}\n`);
  else if (!live) output.line(report);
  const summary = `${passed} of ${jobs.length + broken.length} as expected in ${(durationMs / 1000).toFixed(1)} s`;
  if (live) output.line(summary);
  else output.note(summary);
  if (signal.aborted) return EXIT.interrupted;
  return passed === jobs.length + broken.length ? EXIT.ok : EXIT.failed;
}

function formatReport(reporter: TestOptions['reporter'], results: readonly JobResult[], durationMs: number): string {
  if (reporter === 'junit') return junitReport(results, durationMs);
  if (reporter === 'json')
    return JSON.stringify(
      { passed: results.every((result) => result.passed), durationMs: Math.round(durationMs), results: results.map(resultToJson) },
      undefined,
      2,
    );
  return results.map((result) => `${result.passed ? 'ok    ' : 'FAILED'}  ${result.scenarioRef}  ${result.name}`).join('\n');
}
