import { join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import type { ControlPlane, ControlPlaneOptions } from '@macp-agent/control-plane';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import type { Config } from '../config.js';
import { readTraceOptions } from '../console/trace-options.js';
import { collect, readPort } from '../option-values.js';
import { openCatalog } from '../run/load-scenario-source.js';

interface ConsoleOptions {
  readonly port: number;
  readonly host: string;
  readonly runtime?: string;
  readonly packs?: readonly string[];
  readonly runsDir: string;
  readonly dataDir?: string;
}

/** Variable with the credential of an observer, for `--runtime`. */
const OBSERVER_TOKEN = 'MACP_OBSERVER_TOKEN';
/** Variable with the bearer that the API of the console asks for. */
const CONSOLE_TOKEN = 'MACP_CONSOLE_TOKEN';
/** Variables with the limits of the record: days after the end of a run, megabytes of all runs; 0 for no limit. */
const KEEP_DAYS = 'MACP_CONSOLE_KEEP_DAYS';
const KEEP_MB = 'MACP_CONSOLE_KEEP_MB';

/** `macp console`: observer and web console, with runs of its own or beside another runtime. */
export function addConsoleCommand(program: Command, context: CliContext): void {
  program
    .command('console')
    .description('watch runs in a browser, start and cancel them')
    .option('-p, --port <port>', 'port; the next free one when it is taken, any with 0', readPort, 3001)
    .option('--host <host>', 'address to listen on; another than this machine needs a token', '127.0.0.1')
    .option('--runtime <host:port>', 'observe this runtime; default: one of its own, with runs to start')
    .option('--packs <dir>', 'look here for packs first (repeatable)', collect)
    .option('--runs-dir <dir>', 'where logs and transcripts of runs go', 'runs')
    .option('--data-dir <dir>', 'where the record of what was seen goes (default: console in the runs folder)')
    .addHelpText(
      'after',
      `
Examples:
  macp console
  macp console --runtime runtime.internal:50051 --port 3010

The credential for --runtime comes from ${OBSERVER_TOKEN}: an identity with
is_observer and no right to start sessions. ${CONSOLE_TOKEN} makes the API ask
for a bearer, which any other host than this machine needs.

The record keeps ended runs for 30 days and at most 1024 MB, the newest first;
${KEEP_DAYS} and ${KEEP_MB} change that, 0 is no limit.
Runs that go on are always kept.

OTEL_EXPORTER_OTLP_ENDPOINT, such as http://127.0.0.1:4318, gets a trace of each
run that ends (OTLP over HTTP, JSON).

Ctrl-C ends the console; runs that it started are cancelled.`,
    )
    .action(async (options: ConsoleOptions) => {
      context.exitCode = await serveConsole(options, context);
    });
}

async function serveConsole(options: ConsoleOptions, context: CliContext): Promise<number> {
  const { config, output } = context;
  const token = config.setting(CONSOLE_TOKEN);
  const common = {
    host: options.host,
    port: options.port,
    portTries: 20,
    token,
    retention: readRetention(config),
    traces: readTraceOptions(config),
    dataDir: resolve(config.cwd, options.dataDir ?? join(options.runsDir, 'console')),
  };
  // Loaded only here: no other command needs the control plane.
  const { isLoopbackName, startControlPlane } = await import('@macp-agent/control-plane');
  if (!isLoopbackName(options.host) && (token ?? '').length < 16) {
    throw new MacpError(
      'INVALID_OPTIONS',
      `--host ${options.host} shows every run to the network: set ${CONSOLE_TOKEN} to a token of at least 16 characters, or leave --host out`,
    );
  }
  if (options.runtime !== undefined) {
    await using plane = await startControlPlane({ ...common, ...foreignRuntime(options.runtime, context) });
    return await untilStopped(plane.url, token, context);
  }
  const { ConsoleRuns } = await import('../console/console-runs.js');
  const runs = await ConsoleRuns.start({
    config,
    catalog: () => openCatalog(config, options.packs),
    runsDir: options.runsDir,
    forceSignal: context.forceSignal,
    onFailure: (runId, error) => output.error(`run ${runId} failed: ${error instanceof Error ? error.message : String(error)}`),
  });
  try {
    await using plane: ControlPlane = await startControlPlane({
      ...common,
      runtimeAddress: runs.runtime.address,
      runtimeToken: runs.runnerToken,
      runtimeAllowInsecure: true,
      runtimeIsNew: true,
      listScenarios: () => runs.scenarios(),
      startRun: (ref, template, inputs) => runs.launch(plane, ref, template, inputs),
    });
    const code = await untilStopped(plane.url, token, context);
    // First the runs, so that their end is still recorded.
    await runs.cancelAll();
    return code;
  } finally {
    await runs.close();
  }
}

function readRetention(config: Config): NonNullable<ControlPlaneOptions['retention']> {
  const read = (name: string, unit: number): number | undefined => {
    const text = config.setting(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) throw new MacpError('INVALID_OPTIONS', `${name} is not a number from 0 on; unset it, or give one such as 30`);
    return value === 0 ? Number.POSITIVE_INFINITY : value * unit;
  };
  const maxAgeMs = read(KEEP_DAYS, 86_400_000);
  const maxBytes = read(KEEP_MB, 1024 ** 2);
  return { ...(maxAgeMs === undefined ? {} : { maxAgeMs }), ...(maxBytes === undefined ? {} : { maxBytes }) };
}

function foreignRuntime(address: string, { config }: CliContext): Pick<ControlPlaneOptions, 'runtimeAddress' | 'runtimeToken' | 'runtimeSecure'> {
  const token = config.setting(OBSERVER_TOKEN);
  if (token === undefined)
    throw new MacpError('INVALID_OPTIONS', `there is no credential to observe ${address} with; set ${OBSERVER_TOKEN} to the token of an observer`);
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(address);
  return { runtimeAddress: address, runtimeToken: token, runtimeSecure: !loopback };
}

async function untilStopped(url: string, token: string | undefined, { output, signal }: CliContext): Promise<number> {
  output.line(`console: ${token === undefined ? url : `${url}#token=…`}`);
  output.note('Ctrl-C ends it');
  if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  return 0;
}
