import { availableParallelism } from 'node:os';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { Option, type Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { readCount, readSeconds } from '../option-values.js';
import { Rounds } from '../repeat/rounds.js';
import { runBatch, type BatchOptions, type Job, type JobResult } from '../run/batch.js';
import { findTests } from '../run/load-tests.js';
import { playKept } from '../run/play-kept.js';
import { openTarget, type TargetOptions } from '../run/run-target.js';
import { junitReport, printResult, resultToJson } from '../run/test-report.js';
import { defaultWords } from '../scenario/default-words.js';

interface TestOptions extends TargetOptions {
  readonly cases?: string;
  readonly repeat: number;
  readonly concurrency: number;
  readonly reporter?: 'text' | 'json' | 'junit';
  readonly json?: boolean;
  readonly output?: string;
  readonly runsDir: string;
  readonly timeout?: number;
}

/** Sessions at a time with agents that stay alive. */
const KEPT_CONCURRENCY = 16;

/** `macp test [what...]`. */
export function addTestCommand(program: Command, context: CliContext): void {
  program
    .command('test')
    .description('run scenarios and compare each outcome with what its template or case expects')
    .argument('[what...]', 'packs roots, packs, references or scenario.yaml files; default: scenario.yaml, packs and examples where they are')
    .option('--cases <file>', 'JSON Lines of cases instead of the templates')
    .option('-c, --concurrency <n>', 'runs at a time', readCount, Math.max(2, Math.floor(availableParallelism() / 2)))
    .option('--repeat <n>', 'each test n times: everybody must say the same each time, ids and times aside', readCount, 1)
    .addOption(new Option('--reporter <format>', 'how to report; default text').choices(['text', 'json', 'junit']))
    .option('--json', 'the same as --reporter json')
    .option('-o, --output <file>', 'report here instead of standard output')
    .option('--runtime <host:port>', 'use this runtime; default: one in this process')
    .option('--tokens-env <name>', 'variable with the sender → token map for --runtime')
    .option('--runs-dir <dir>', 'where logs and transcripts go', 'runs')
    .option('--timeout <seconds>', 'limit of each run', readSeconds)
    .addHelpText(
      'after',
      `
Examples:
  macp test
  macp test packs --reporter junit -o results.xml
  macp test fraud/high-value-new-device@1.0.0 --repeat 100

--json: { passed, durationMs, results: [{ name, scenarioRef, templateId, passed,
durationMs, differences: [{ path, expected, actual }], error, runId, outcome,
transcript }] }
Exit codes: 0 all as expected, 1 not all, 2 usage or nothing to test, 130
interrupted`,
    )
    .action(async (what: string[], options: TestOptions) => {
      const reporter = options.reporter ?? (options.json === true ? 'json' : 'text');
      context.json = reporter === 'json' && options.output === undefined;
      context.exitCode = await testCommand(what.length > 0 ? what : defaultWords(context.config), { ...options, reporter }, context);
    });
}

type Reporter = NonNullable<TestOptions['reporter']>;

async function testCommand(what: readonly string[], options: TestOptions & { readonly reporter: Reporter }, context: CliContext): Promise<number> {
  const { config, output, signal } = context;
  const began = performance.now();
  const live = options.reporter === 'text' && options.output === undefined;
  const show = (result: JobResult): void => {
    if (live) printResult(output, result);
    else output.note(`${result.passed ? 'ok    ' : 'FAILED'}  ${result.scenarioRef}  ${result.name}`);
  };
  const { jobs, broken } = findTests(config, what, options.cases === undefined ? undefined : resolve(config.cwd, options.cases));
  if (jobs.length + broken.length === 0)
    throw new MacpError('INVALID_OPTIONS', `${what.join(', ')} has nothing to test: give a template outputs.expected, or write cases.jsonl beside pack.yaml`);
  const planned = jobs.length * options.repeat + broken.length;
  for (const result of broken) show(result);
  // An abort leaves some out.
  const results = [...broken, ...(await playRounds(jobs, options, context, show))];
  const durationMs = performance.now() - began;
  const passed = results.filter((result) => result.passed).length;
  const report = formatReport(options.reporter, results, durationMs);
  if (options.output !== undefined) writeFileSync(resolve(config.cwd, options.output), `${report}\n`);
  else if (!live) output.line(report);
  const summary = `${passed} of ${planned} as expected in ${(durationMs / 1000).toFixed(1)} s`;
  if (live) output.line(summary);
  else output.note(summary);
  if (signal.aborted) return EXIT.interrupted;
  return passed === planned ? EXIT.ok : EXIT.failed;
}

/** The results in the order of rounds and jobs. */
async function playRounds(jobs: readonly Job[], options: TestOptions, context: CliContext, show: (result: JobResult) => void): Promise<JobResult[]> {
  const rounds = new Rounds(jobs, options.repeat, show);
  // A demonstration of waiting does not make a test better.
  const parentEnv = { RISK_DECIDER_SUSPEND_HOLD_MS: '200', ...context.config.agentEnv() };
  await play(jobs, { ...options, parentEnv }, context, (result, index) => rounds.add(result, index, 1));
  // Repetitions start no process each, where the agents stay alive; one scenario after the other, so that only its agents are there.
  for (const scenario of options.repeat === 1 ? [] : new Set(jobs.map(({ scenarioRef }) => scenarioRef))) {
    if (context.signal.aborted) break;
    const again = rounds.repetitions((job) => job.scenarioRef === scenario);
    const kinds = new Map(again.map(({ job }) => [job.templateId, job]));
    const kept = { ...options, parentEnv, concurrency: KEPT_CONCURRENCY };
    const refusing = await playKept(again, [...kinds.values()], kept, context, ({ index, round }, result) => rounds.add(result, index, round));
    for (let round = 2; refusing.length > 0 && round <= options.repeat && !context.signal.aborted; round += 1) {
      const due = again.filter((one) => one.round === round);
      await play(
        due.map(({ compile }) => compile()),
        { ...options, parentEnv },
        context,
        (result, at) => rounds.add(result, due[at]?.index ?? 0, round),
      );
    }
  }
  return rounds.results();
}

async function play(
  jobs: readonly Job[],
  options: TestOptions & Pick<BatchOptions, 'parentEnv'>,
  { config, signal, forceSignal }: CliContext,
  onDone: BatchOptions['onDone'],
): Promise<void> {
  const target = await openTarget(
    config,
    jobs.map(({ compiled }) => compiled),
    options,
  );
  try {
    await runBatch(jobs, target, {
      concurrency: options.concurrency,
      runsDir: resolve(config.cwd, options.runsDir),
      parentEnv: options.parentEnv,
      runMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      signal,
      forceSignal,
      onDone,
    });
  } finally {
    await target.close();
  }
}

function formatReport(reporter: Reporter, results: readonly JobResult[], durationMs: number): string {
  if (reporter === 'junit') return junitReport(results, durationMs);
  if (reporter === 'json')
    return JSON.stringify(
      { passed: results.every((result) => result.passed), durationMs: Math.round(durationMs), results: results.map(resultToJson) },
      undefined,
      2,
    );
  return results.map((result) => `${result.passed ? 'ok    ' : 'FAILED'}  ${result.scenarioRef}  ${result.name}`).join('\n');
}
