import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { formatRecordedRun, listRecordedRuns, loadRecordedRun, type RecordedRun, type RunListing } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import { runsUnder } from '../cancel/live-runs.js';
import type { CliContext } from '../cli-context.js';
import { readCount } from '../option-values.js';
import { clean } from '../output.js';
import { openRecordedRun } from '../run/open-recorded-run.js';

interface ListOptions {
  readonly runsDir: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** `macp runs list | export | import`. */
export function addRunsCommand(program: Command, context: CliContext): void {
  const runs = program.command('runs').description('list recorded runs, and carry them elsewhere');

  runs
    .command('list')
    .description('runs of the runs folder, newest first')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .option('-n, --limit <n>', 'at most so many', readCount, 20)
    .option('--json', 'print one JSON object per run')
    .addHelpText(
      'after',
      `
Example:
  macp runs list --limit 5 --json | jq -r .state

Each line of --json: { runId, scenarioRef, templateId, startedAtUnixMs, state,
action, outcomePositive, durationMs, exitCode, transcript }, or { runId,
transcript, error }. RUNNING: it goes on. UNFINISHED: it was killed.`,
    )
    .action((options: ListOptions) => {
      context.json = options.json === true;
      list(options, context);
    });

  runs
    .command('export')
    .description('one file with transcript, policy rules and metadata of a run')
    .argument('<run>', 'a run id or its beginning, or a run folder')
    .option('-o, --output <file>', 'write here, mode 0600; default: standard output')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .addHelpText(
      'after',
      `
The file is JSON Lines: a header with the policy, every accepted envelope with
its payload, and the outcome. It holds what the agents said, and no token.

Examples:
  macp runs export 0b7a -o run.macp
  macp replay run.macp
  macp policy simulate run.macp --policy policies/unanimous.json`,
    )
    .action((word: string, options: { readonly output?: string; readonly runsDir: string }) => {
      exportRun(openRecordedRun(context.config, word, options.runsDir), options.output, context);
    });

  runs
    .command('import')
    .description('put an exported run into the runs folder')
    .argument('<file>')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .addHelpText('after', '\nExample:\n  macp runs import run.macp && macp replay\n\nPrints the run id. A run that is there already is not written over.')
    .action((file: string, options: { readonly runsDir: string }) => {
      importRun(loadRecordedRun(resolve(context.config.cwd, file)), resolve(context.config.cwd, options.runsDir), context);
    });
}

function list({ runsDir, limit }: ListOptions, { config, output, json }: CliContext): void {
  const folder = resolve(config.cwd, runsDir);
  const going = new Set(runsUnder(folder).live.map(({ runId }) => runId));
  const rows = listRecordedRuns(folder, limit);
  for (const row of rows) {
    if (json) output.json(toJson(row, going.has(row.runId)));
    else output.line(toLine(row, going.has(row.runId)));
  }
  if (rows.length === 0) output.note(`no runs under ${runsDir}; macp run <scenario> makes one`);
}

function toJson({ runId, transcriptFile, run, problem }: RunListing, going: boolean): object {
  if (run === undefined) return { runId, transcript: transcriptFile, error: problem };
  const { scenarioRef, templateId, startedAtUnixMs } = run.header;
  const { outcome } = run;
  return {
    runId,
    scenarioRef,
    templateId,
    startedAtUnixMs,
    state: stateOf(run, going),
    action: outcome?.commitment?.action ?? null,
    outcomePositive: outcome?.commitment?.outcomePositive ?? null,
    durationMs: outcome?.durationMs ?? null,
    exitCode: outcome?.exitCode ?? null,
    transcript: transcriptFile,
  };
}

function toLine({ runId, run, problem }: RunListing, going: boolean): string {
  if (run === undefined) return `${runId}  cannot be read: ${clean(problem ?? '')}`;
  const { scenarioRef, templateId, startedAtUnixMs } = run.header;
  const { outcome } = run;
  const started = new Date(startedAtUnixMs).toISOString().slice(0, 19).replace('T', ' ');
  const action = outcome?.commitment === undefined ? '' : ` ${clean(outcome.commitment.action)}`;
  const took = outcome === undefined ? '' : `  ${(outcome.durationMs / 1000).toFixed(2)} s`;
  return `${runId}  ${started}  ${clean(scenarioRef)} ${clean(templateId)}  ${stateOf(run, going)}${action}${took}`;
}

/** A transcript without an outcome and without a runner is of one that was killed. */
const stateOf = ({ outcome }: RecordedRun, going: boolean): string => outcome?.state ?? (going ? 'RUNNING' : 'UNFINISHED');

function exportRun(run: RecordedRun, target: string | undefined, { config, output }: CliContext): void {
  if (target === undefined) {
    for (const line of formatRecordedRun(run).trimEnd().split('\n')) output.line(line);
    return;
  }
  write(resolve(config.cwd, target), formatRecordedRun(run), 'choose another name with -o');
  output.note(`${target}: ${run.entries.length} records of ${run.header.scenarioRef}; next: macp replay ${target}`);
}

function importRun(run: RecordedRun, runsDir: string, { output }: CliContext): void {
  const { runId } = run.header;
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(runId))
    throw new MacpError('INVALID_PACK_DATA', `${run.file}: the run id "${runId.slice(0, 100)}" is not one`);
  const target = join(runsDir, runId, 'transcript.ndjson');
  write(target, formatRecordedRun(run), 'the run is here already');
  output.line(runId);
}

/** Never over another file: its permissions would stay, and its run would be lost. */
function write(file: string, text: string, hint: string): void {
  if (existsSync(file)) throw new MacpError('INVALID_OPTIONS', `${file} exists; ${hint}`, { context: { path: file } });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
