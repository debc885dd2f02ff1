import { VERSION } from '@macp-agent/core';
import { Command, CommanderError } from 'commander';
import type { CliContext } from './cli-context.js';
import { addAuthCommand } from './commands/auth.js';
import { addBootstrapCommand } from './commands/bootstrap.js';
import { addCancelCommand } from './commands/cancel.js';
import { addCompletionCommand } from './commands/completion.js';
import { addConsoleCommand } from './commands/console.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addOnboardCommand } from './commands/onboard.js';
import { addPolicyCommand } from './commands/policy.js';
import { addReplayCommand } from './commands/replay.js';
import { addRunCommand } from './commands/run.js';
import { addRunsCommand } from './commands/runs.js';
import { addRuntimeCommand } from './commands/runtime.js';
import { addScenarioCommand } from './commands/scenario.js';
import { addSessionsCommand } from './commands/sessions.js';
import { addTestCommand } from './commands/test.js';
import { addTokensCommand } from './commands/tokens.js';
import { loadConfig, type Env } from './config.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { Output, type TextStream } from './output.js';
import { reportError } from './report-error.js';

/** What the command line is given by its process. */
export interface CliIo {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Env;
  readonly cwd: string;
  /** First Ctrl-C: end in order. */
  readonly signal: AbortSignal;
  /** Second Ctrl-C: end at once. */
  readonly forceSignal: AbortSignal;
}

const COMMANDS = [
  addRunCommand,
  addTestCommand,
  addConsoleCommand,
  addCancelCommand,
  addSessionsCommand,
  addRunsCommand,
  addReplayCommand,
  addPolicyCommand,
  addScenarioCommand,
  addBootstrapCommand,
  addRuntimeCommand,
  addOnboardCommand,
  addTokensCommand,
  addAuthCommand,
  addDoctorCommand,
  addCompletionCommand,
];

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const output = new Output(io);
  const context: CliContext = { config: loadConfig(io.env, io.cwd), output, signal: io.signal, forceSignal: io.forceSignal, json: false, exitCode: EXIT.ok };
  const program = createProgram(context, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    output.footer([]);
    reportError(error, context);
    return exitCodeOf(error);
  }
}

function createProgram(context: CliContext, io: CliIo): Command {
  const program = new Command('macp')
    .description('Run, test and operate MACP agents.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
    // As its own help says it: an argument may be required although commander is told otherwise.
    .configureHelp({ sortSubcommands: true, subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showHelpAfterError('(macp <command> --help says more)');
  program.addHelpText(
    'after',
    '\nExit codes: 0 done or positive commitment, 1 failure, 2 usage, 3 negative\ncommitment, 4 ended without commitment, 130 interrupted',
  );
  for (const add of COMMANDS) add(program, context);
  return program;
}
