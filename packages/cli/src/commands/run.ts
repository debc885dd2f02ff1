import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { runScenario, type RunEvent } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import type { Config } from '../config.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { collect, noting, readCount, readSeconds } from '../option-values.js';
import type { RunConsole } from '../console/run-console.js';
import { checkRun, checkScenario, type RunRequest } from '../run/check-run.js';
import { Footer } from '../run/footer.js';
import { openScenario } from '../run/load-scenario-source.js';
import { modelLine } from '../run/model-line.js';
import { printOutcome } from '../run/outcome-text.js';
import { runCases } from '../run/run-cases.js';
import { openTarget } from '../run/run-target.js';
import { Timeline } from '../run/timeline.js';
import { noteStrayWords } from '../run/stray-words.js';
import { UsageProblems } from '../run/usage-problems.js';
import { untilChanged } from '../run/watch-files.js';
import { reportError } from '../report-error.js';

/** Options of `macp run`. */
export interface RunCommandOptions extends RunRequest {
  readonly runsDir: string;
  readonly bootstrapDir?: string;
  readonly timeout?: number;
  readonly cases?: string;
  readonly watch?: boolean;
  readonly console?: boolean;
  readonly concurrency?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** `macp run <scenario>`. */
export function addRunCommand(program: Command, context: CliContext): void {
  const problems = new UsageProblems();
  const numeric = (flag: string, read: (text: string) => number) => noting(read, (text, rule) => problems.add(flag, `${flag} ${text}: ${rule}`));
  program
    .command('run')
    .description('run a scenario and watch it: pack/scenario@version, or the path of a scenario.yaml')
    // What is missing, unknown or too much is told together with everything else that is wrong.
    .usage('[options] <scenario>')
    .argument('[scenario]')
    .allowUnknownOption()
    .allowExcessArguments()
    .option('-t, --template <slug>', 'a variation of the scenario')
    .option('--framework <name>', 'agents of one framework only, where the pack has them')
    .option('-s, --set <key=value>', 'an input; strings literally, others as JSON (repeatable)', collect)
    .option('-i, --inputs <file>', 'inputs as a JSON object')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('--runtime <host:port>', 'use this runtime; default: MACP_RUNTIME_ADDRESS, else one in this process')
    .option('--tls', 'use TLS towards --runtime, also on this host')
    .option('--allow-insecure', 'plaintext towards --runtime')
    .option('--tokens-env <name>', 'variable with the sender → token map for --runtime')
    .option('--bootstrap-dir <dir>', 'where bootstrap files of external agents go')
    .option('--runs-dir <dir>', 'where logs and transcripts go', 'runs')
    .option('--timeout <seconds>', 'limit of the whole run', numeric('--timeout', readSeconds))
    .option(
      '--fault <fault>',
      'provoke a failure: crash:<participant>@<message type>, delay:<participant>=<ms>, drop-stream:<participant>, duplicate:<participant>, nack:<participant>, expire',
    )
    .option('--cases <file>', 'run every case of a JSON Lines file')
    .option('-c, --concurrency <n>', 'cases at a time (default: 64, or 2 where each case starts processes)', numeric('--concurrency', readCount))
    .option('-o, --output <file>', 'results of --cases as JSON Lines')
    .option('-w, --watch', 'run again whenever the scenario, a policy or an agent changes')
    .option('--console', 'show the run in a browser; the page stays until Ctrl-C')
    .option('--json', 'one JSON object per line')
    .option('-q, --quiet', 'only the outcome')
    .option('-v, --verbose', 'payloads too')
    .addHelpText(
      'after',
      `
Examples:
  macp run fraud/high-value-new-device@1.0.0 --template unanimous
  macp run fraud/high-value-new-device@1.0.0 --set transactionAmount=12500
  macp run fraud/high-value-new-device@1.0.0 --framework langgraph
  macp run scenario.yaml --json | jq -c .type
  macp run fraud/high-value-new-device@1.0.0 --cases cases.jsonl -o out.jsonl

Exit codes: 0 positive commitment, 3 negative, 4 ended without one (expired,
cancelled, denied), 1 failure, 2 usage, 130 interrupted (Ctrl-C, SIGTERM)

Without --runtime each agent gets a token of its own for this run. With it,
tokens come from EXAMPLES_SERVICE_AGENT_TOKENS_JSON (environment or .env), the
runner's from MACP_RUNNER_TOKEN.`,
    )
    .action(async (_word: string | undefined, given: RunCommandOptions, command: Command) => {
      const options = { ...given, ...namedRuntime(given, context.config) };
      context.json = options.json === true;
      if (options.runtime !== given.runtime && options.json !== true && options.quiet !== true)
        context.output.note(`runtime: ${options.runtime}, as MACP_RUNTIME_ADDRESS says`);
      const word = noteStrayWords(command, problems);
      context.exitCode = options.watch === true ? await watchCommand(word, options, context, problems) : await runCommand(word, options, context, problems);
    });
}

/** Without --runtime: the one that MACP_RUNTIME_ADDRESS names, in the environment or in `.env`. */
function namedRuntime({ runtime, tls, allowInsecure }: RunCommandOptions, config: Config): Partial<RunCommandOptions> {
  const address = config.setting('MACP_RUNTIME_ADDRESS');
  if (runtime !== undefined || address === undefined) return {};
  if (tls !== undefined || allowInsecure !== undefined) return { runtime: address };
  const says = (name: string, word: string): boolean => config.setting(name)?.toLowerCase() === word;
  return {
    runtime: address,
    ...(says('MACP_RUNTIME_TLS', 'true') && { tls: true }),
    ...(says('MACP_RUNTIME_ALLOW_INSECURE', 'true') && { allowInsecure: true }),
  };
}

async function runCommand(word: string | undefined, options: RunCommandOptions, context: CliContext, problems: UsageProblems): Promise<number> {
  const { config, signal, forceSignal } = context;
  const scenario = checkScenario(word, options, config, problems);
  if (options.cases !== undefined && scenario !== undefined) {
    problems.check();
    return runCases(scenario, options.cases, options, context);
  }
  const checked = checkRun(scenario, options, config, problems);
  problems.check();
  if (checked === undefined) return EXIT.usage;
  const { compiled, agents, fault } = checked;
  const model = modelLine(
    [...agents.values()].map(({ framework }) => framework),
    config.agentEnv(),
  );
  if (model !== undefined && options.json !== true && options.quiet !== true) context.output.text(model, 2);
  const target = await openTarget(config, [compiled], options);
  const runsDir = resolve(config.cwd, options.runsDir);
  let page: RunConsole | undefined;
  try {
    // Loaded only here: a run without a page needs no HTTP server.
    if (options.console === true) page = await (await import('../console/run-console.js')).openRunConsole(compiled, target, runsDir, context);
    const print = eventPrinter(options, context);
    const { outcome } = await runScenario(compiled, {
      runtime: target.runtime,
      runnerToken: target.runnerToken,
      agentTokens: target.agentTokens[0] ?? new Map<string, string>(),
      agents,
      runsDir,
      bootstrapDir: options.bootstrapDir === undefined ? undefined : resolve(config.cwd, options.bootstrapDir),
      parentEnv: config.agentEnv(),
      fault,
      timeouts: { runMs: options.timeout === undefined ? undefined : options.timeout * 1000 },
      signal,
      forceSignal,
      onCancellable: (callback) => page?.cancellable(callback),
      onEvent: (event) => {
        page?.event(event);
        print(event);
      },
    });
    await page?.untilStopped();
    return outcome.exitCode;
  } finally {
    await page?.close();
    await target.close();
  }
}

/** Runs again after each change, until Ctrl-C; a run that fails waits for the next change too. */
async function watchCommand(word: string | undefined, options: RunCommandOptions, context: CliContext, problems: UsageProblems): Promise<number> {
  const { config, output, signal } = context;
  problems.check();
  // Found once: without a scenario there is nothing to watch.
  if (word === undefined) return runCommand(word, options, context, problems);
  const scenario = openScenario(config, word, options.packs);
  const ignore = resolve(config.cwd, options.runsDir);
  for (;;) {
    let code: number;
    try {
      code = await runCommand(word, options, context, new UsageProblems());
    } catch (error) {
      reportError(error, context);
      code = exitCodeOf(error);
    }
    if (signal.aborted) return code;
    output.note(`exit code ${code}; waiting for a change (ctrl-c ends)`);
    const folders = [scenario.folder, ...scenario.agentFolders, ...scenario.agentFolders.slice(0, 1).map((folder) => resolve(folder, '../policies'))].filter(
      (folder) => existsSync(folder),
    );
    if (!(await untilChanged(folders, ignore, signal))) return code;
  }
}

function eventPrinter({ json, quiet, verbose, runtime }: RunCommandOptions, { output, config, signal }: CliContext): (event: RunEvent) => void {
  if (json === true) {
    return (event) => {
      if (quiet !== true || event.type === 'outcome') output.json(event);
    };
  }
  const timeline = new Timeline(output, { verbose: verbose === true, cwd: config.cwd, signal });
  const footer = new Footer(output, signal);
  const leftOpen =
    runtime === undefined
      ? 'the runtime of this run has stopped, and the session with it; run again'
      : `it expires by itself at ${runtime} (ttl, longest suspension); until then its initiator can cancel it`;
  return (event) => {
    if (quiet !== true) {
      footer.show(event);
      timeline.show(event);
    }
    if (event.type === 'outcome') printOutcome(output, event, { cwd: config.cwd, leftOpen });
  };
}
