import { resolve } from 'node:path';
import { describeProblem, InvalidBootstrapError, loadBootstrap, type Bootstrap } from '@macp-agent/core';
import { isMacpError } from '@macp-agent/protocol';
import type { Command } from 'commander';
import type { CliContext } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { PROBES, probeClient, type Finding } from '../doctor/probes.js';
import { readNumber } from '../option-values.js';

interface DoctorOptions {
  readonly bootstrap?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `macp doctor`: probes in order, and stops at the first that fails. */
export function addDoctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('find out why an agent cannot work: names the onboarding step and its fix')
    .option('-b, --bootstrap <file>', 'bootstrap of the agent; default: MACP_BOOTSTRAP_FILE or the MACP_ variables')
    .option('--timeout <seconds>', 'limit of each probe', readNumber, 3)
    .option('--json', 'one JSON object per probe')
    .addHelpText('after', '\nNo probe changes anything at the runtime. Exit codes: 0 fine, 1 a probe failed')
    .action(async (options: DoctorOptions) => {
      context.json = options.json === true;
      context.exitCode = await doctor(options, context);
    });
}

async function doctor(options: DoctorOptions, context: CliContext): Promise<number> {
  const { config, signal } = context;
  const bootstrap = readBootstrap(options.bootstrap === undefined ? undefined : resolve(config.cwd, options.bootstrap), context);
  if (bootstrap === undefined) return EXIT.failed;
  const client = probeClient(bootstrap);
  try {
    for (const { name, run } of PROBES) {
      const finding = await settle(run({ bootstrap, client, timeoutMs: options.timeout * 1000, signal }));
      say(context, name, finding);
      if (finding.level === 'error') return EXIT.failed;
    }
    return EXIT.ok;
  } finally {
    client.close();
  }
}

/** An answer that no probe expects is a failure of its own. */
async function settle(probe: Promise<Finding>): Promise<Finding> {
  try {
    return await probe;
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
  if (finding.level !== 'error') {
    output.line(`${finding.level === 'ok' ? colors.green('ok   ') : colors.yellow('note ')}  ${name}: ${finding.text}`);
    return;
  }
  output.line(`${colors.red('error')}  ${name}: ${finding.text}`);
  if (!finding.text.includes(finding.fix)) output.line(`       fix (${finding.step.startsWith('step') ? 'onboarding ' : ''}${finding.step}): ${finding.fix}`);
}
