import { resolve } from 'node:path';
import { describeProblem, InvalidBootstrapError, loadBootstrap, type Bootstrap } from '@macp-agent/core';
import { isMacpError, MacpError } from '@macp-agent/protocol';
import type { Command } from 'commander';
import { isLive } from '../cancel/live-runs.js';
import type { CliContext } from '../cli-context.js';
import { examineConsole } from '../doctor/examine-console.js';
import { examineRun } from '../doctor/examine-run.js';
import type { Finding } from '../doctor/finding.js';
import { loadSurroundings } from '../doctor/load-surroundings.js';
import type { ProbeContext } from '../doctor/probe-context.js';
import { PROBES, probeClient } from '../doctor/probes.js';
import { EXIT } from '../exit-code.js';
import { tokenMapOptions, type TokenMapOptions } from '../onboarding/load-token-maps.js';
import { readCount, readSeconds } from '../option-values.js';
import { clean } from '../output.js';
import { openRecordedRun } from '../run/open-recorded-run.js';

interface DoctorOptions extends TokenMapOptions {
  readonly bootstrap?: string;
  readonly run?: string;
  readonly runsDir: string;
  readonly console?: string;
  readonly pid?: number;
  readonly tryCancel?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `macp doctor`: an agent from its bootstrap, a run from what it left, or what an observer knows of a run. */
export function addDoctorCommand(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .description('find out why an agent cannot work, or what went wrong in a run: names the onboarding step and its fix')
    .option('-b, --bootstrap <file>', 'bootstrap of the agent; default: MACP_BOOTSTRAP_FILE or the MACP_ variables')
    .option('--run <run>', 'a run instead: a run id or its beginning, or a run folder')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .option('--console <url>', 'with --run <id>: ask this console or control plane about it')
    .option('--pid <pid>', 'process of the agent: does it go on after its session?', readCount)
    .option('--try-cancel', 'cancel the session over the callback, to see that it works');
  tokenMapOptions(command)
    .option('--timeout <seconds>', 'limit of each probe', readSeconds, 3)
    .option('--json', 'print one JSON object per finding')
    .addHelpText(
      'after',
      `
Examples:
  macp doctor --bootstrap b.json
  macp doctor --run 0b7a
  macp doctor --run 0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11 --console http://127.0.0.1:3001

The probes of an agent run in order, and stop at the first that fails. None
changes anything at the runtime, but --try-cancel. Token maps, and the JWT
variables of the runtime (MACP_AUTH_ISSUER, _AUDIENCE, _JWKS_URL), are compared
where they are set here.

Each line of --json: { probe, level: ok, note, warning or error, text, step,
fix }
Exit codes: 0 fine, 1 something failed, 2 usage`,
    )
    .action(async (options: DoctorOptions) => {
      context.json = options.json === true;
      context.exitCode = await doctor(options, context);
    });
}

function doctor(options: DoctorOptions, context: CliContext): Promise<number> {
  if (options.console !== undefined) return doctorOfObserver(options.console, options, context);
  return options.run === undefined ? doctorOfAgent(options, context) : doctorOfRun(options.run, options, context);
}

async function doctorOfAgent(options: DoctorOptions, context: CliContext): Promise<number> {
  const { config, signal } = context;
  const bootstrap = readBootstrap(options.bootstrap === undefined ? undefined : resolve(config.cwd, options.bootstrap), context);
  if (bootstrap === undefined) return EXIT.failed;
  const surroundings = await loadSurroundings(config, options, signal);
  const client = probeClient(bootstrap);
  const probe: ProbeContext = {
    bootstrap,
    client,
    surroundings,
    pid: options.pid,
    tryCancel: options.tryCancel === true,
    timeoutMs: options.timeout * 1000,
    signal,
  };
  try {
    for (const { name, run } of PROBES) {
      const finding = await settle(async () => run(probe));
      say(context, name, finding);
      if (finding.level === 'error') return EXIT.failed;
    }
    return EXIT.ok;
  } finally {
    await client.close();
  }
}

async function doctorOfRun(word: string, options: DoctorOptions, context: CliContext): Promise<number> {
  const { config, signal } = context;
  const findings = await examineRun(openRecordedRun(config, word, options.runsDir), { timeoutMs: options.timeout * 1000, signal, isLive });
  return sayAll(findings, context);
}

async function doctorOfObserver(url: string, options: DoctorOptions, context: CliContext): Promise<number> {
  const { config, signal } = context;
  if (options.run === undefined) throw new MacpError('INVALID_OPTIONS', '--console needs the id of the run: --run <id>');
  const findings = await examineConsole(url, options.run, { token: config.setting('MACP_CONSOLE_TOKEN'), timeoutMs: options.timeout * 1000, signal });
  return sayAll(findings, context);
}

function sayAll(findings: readonly (readonly [string, Finding])[], context: CliContext): number {
  for (const [name, finding] of findings) say(context, name, finding);
  return findings.some(([, { level }]) => level === 'error' || level === 'warning') ? EXIT.failed : EXIT.ok;
}

/** An answer that no probe expects is a failure of its own. */
async function settle(run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    if (!isMacpError(error) || error.code === 'ABORTED') throw error;
    return { level: 'error', step: 'runtime', text: error.message, fix: 'read the log of the runtime' };
  }
}

function readBootstrap(file: string | undefined, context: CliContext): Bootstrap | undefined {
  try {
    const bootstrap = loadBootstrap(file, { env: context.config.env });
    say(context, 'bootstrap', { level: 'ok', text: `${bootstrap.participant.participantId} for session ${bootstrap.run.sessionId}` });
    for (const warning of bootstrap.warnings) say(context, 'bootstrap', { level: 'note', text: warning });
    return bootstrap;
  } catch (error) {
    if (!(error instanceof InvalidBootstrapError)) throw error;
    for (const problem of error.problems) say(context, 'bootstrap', { level: 'error', step: problem.step, text: describeProblem(problem), fix: problem.fix });
    return undefined;
  }
}

function say({ output, json }: CliContext, name: string, finding: Finding): void {
  const { colors } = output;
  if (json) {
    output.json({ probe: name, ...finding });
    return;
  }
  const mark = { ok: colors.green, note: colors.yellow, warning: colors.yellow, error: colors.red }[finding.level](finding.level.padEnd(7));
  output.line(`${mark}  ${name}: ${clean(finding.text)}`);
  if (!('fix' in finding) || finding.text.includes(finding.fix)) return;
  output.line(`         fix (${finding.step.startsWith('step') ? 'onboarding ' : ''}${finding.step}): ${finding.fix}`);
}
