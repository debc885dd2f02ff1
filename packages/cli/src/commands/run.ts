import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileScenario, findAgents, parseFault, runScenario, withFramework, type RunEvent } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli.js';
import { exitCodeOf } from '../exit-code.js';
import { collect, readCount, readNumber } from '../option-values.js';
import type { RunConsole } from '../console/run-console.js';
import { Footer } from '../run/footer.js';
import { openScenario, readInputs } from '../run/load-scenario-source.js';
import { modelLine } from '../run/model-line.js';
import { printOutcome } from '../run/outcome-text.js';
import { runCases } from '../run/run-cases.js';
import { openTarget, type TargetOptions } from '../run/run-target.js';
import { Timeline } from '../run/timeline.js';
import { untilChanged } from '../run/watch-files.js';
import { reportError } from '../report-error.js';

/** Options of `macp run`. */
export interface RunCommandOptions extends TargetOptions {
  readonly template?: string;
  readonly framework?: string;
  readonly set?: readonly string[];
  readonly inputs?: string;
  readonly packs?: readonly string[];
  readonly runsDir: string;
  readonly bootstrapDir?: string;
  readonly timeout?: number;
  readonly fault?: string;
  readonly cases?: string;
  readonly watch?: boolean;
  readonly console?: boolean;
  readonly concurrency: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** `macp run <scenario>`. */
export function addRunCommand(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('run a scenario and watch it: pack/scenario@version, or the path of a scenario.yaml')
    .argument('<scenario>')
    .option('-t, --template <slug>', 'a variation of the scenario')
    .option('--framework <name>', 'agents of one framework only, where the pack has them')
    .option('-s, --set <key=value>', 'an input; strings literally, others as JSON (repeatable)', collect)
    .option('-i, --inputs <file>', 'inputs as a JSON object')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('--runtime <host:port>', 'use this runtime; default: one in this process')
    .option('--tls', 'use TLS towards --runtime, also on this host')
    .option('--allow-insecure', 'plaintext towards --runtime')
    .option('--tokens-env <name>', 'variable with the sender → token map for --runtime')
    .option('--bootstrap-dir <dir>', 'where bootstrap files of external agents go')
    .option('--runs-dir <dir>', 'where logs and transcripts go', 'runs')
    .option('--timeout <seconds>', 'limit of the whole run', readNumber)
    .option('--fault <fault>', 'provoke a failure: crash:<participant>@<message type>')
    .option('--cases <file>', 'run every case of a JSON Lines file')
    .option('-c, --concurrency <n>', 'cases at a time', readCount, 2)
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

Exit codes: 0 positive commitment, 3 negative, 4 ended without one (expired,
cancelled, denied), 1 failure, 2 usage, 130 cancelled with Ctrl-C

Without --runtime each agent gets a token of its own for this run. With it,
tokens come from EXAMPLES_SERVICE_AGENT_TOKENS_JSON (environment or .env), the
runner's from MACP_RUNNER_TOKEN.`,
    )
    .action(async (word: string, options: RunCommandOptions) => {
      context.json = options.json === true;
      context.exitCode = options.watch === true ? await watchCommand(word, options, context) : await runCommand(word, options, context);
    });
}

async function runCommand(word: string, options: RunCommandOptions, context: CliContext): Promise<number> {
  const { config, signal, forceSignal } = context;
  const found = openScenario(config, word, options.packs);
  const scenario = options.framework === undefined ? found : withFramework(found, options.framework);
  if (options.cases !== undefined) return runCases(scenario, options.cases, options, context);
  const compiled = compileScenario(scenario, { templateId: options.template, inputs: readInputs(config, scenario, options) });
  const fault = options.fault === undefined ? undefined : parseFault(options.fault, compiled.initiator.sessionStart.participants);
  const agents = findAgents(scenario, compiled.participantBindings);
  const model = modelLine(
    [...agents.values()].map(({ framework }) => framework),
    config.agentEnv(),
  );
  if (model !== undefined && options.json !== true && options.quiet !== true) context.output.line(model);
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
async function watchCommand(word: string, options: RunCommandOptions, context: CliContext): Promise<number> {
  const { config, output, signal } = context;
  // Found once: without a scenario there is nothing to watch.
  const scenario = openScenario(config, word, options.packs);
  const ignore = resolve(config.cwd, options.runsDir);
  for (;;) {
    let code: number;
    try {
      code = await runCommand(word, options, context);
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

function eventPrinter({ json, quiet, verbose }: RunCommandOptions, { output, config }: CliContext): (event: RunEvent) => void {
  if (json === true) {
    return (event) => {
      if (quiet !== true || event.type === 'outcome') output.json(event);
    };
  }
  const timeline = new Timeline(output, verbose === true);
  const footer = new Footer(output);
  return (event) => {
    if (quiet !== true) {
      footer.show(event);
      timeline.show(event);
    }
    if (event.type === 'outcome') printOutcome(output, event, config.cwd);
  };
}
