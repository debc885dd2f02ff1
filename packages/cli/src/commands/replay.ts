import { replayRun, type Difference } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { readCount } from '../option-values.js';
import { openRecordedRun } from '../run/open-recorded-run.js';
import { printOutcome } from '../run/outcome-text.js';
import { replayEvents } from '../run/replay-events.js';
import { Timeline } from '../run/timeline.js';

interface ReplayOptions {
  readonly until?: number;
  readonly runsDir: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** `macp replay [run]`. */
export function addReplayCommand(program: Command, context: CliContext): void {
  program
    .command('replay')
    .description('fold a recorded run again and check that it ends the same')
    .argument('[run]', 'a transcript.ndjson, a run.macp, a run folder, or a run id (default: the newest)')
    .option('--until <n>', 'stop after envelope n and show the session as it stood', readCount)
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .option('--json', 'the lines of macp run --json, then one of type replay')
    .option('-q, --quiet', 'only the outcome')
    .option('-v, --verbose', 'payloads too')
    .addHelpText(
      'after',
      `
Every envelope is judged again by the rules of this version and the recorded
policy; what would be decided otherwise today is listed.

Examples:
  macp replay runs/0b7a6f0e/transcript.ndjson
  macp replay run.macp --until 5
  macp replay 0b7a --json | tail -n 1

Exit codes: 0 the same outcome, 1 another one, 2 usage`,
    )
    .action((word: string | undefined, options: ReplayOptions) => {
      context.json = options.json === true;
      context.exitCode = replayCommand(word, options, context);
    });
}

function replayCommand(word: string | undefined, options: ReplayOptions, { config, output, json }: CliContext): number {
  const run = openRecordedRun(config, word, options.runsDir);
  const replay = replayRun(run, { until: options.until });
  const timeline = new Timeline(output, { verbose: options.verbose === true, cwd: config.cwd });
  for (const event of replayEvents(run, replay)) {
    if (json) {
      if (options.quiet !== true || event.type === 'outcome') output.json(event);
      continue;
    }
    if (options.quiet !== true) timeline.show(event);
    if (event.type === 'outcome') printOutcome(output, event, { cwd: config.cwd });
  }
  const { differences } = replay;
  const compared = options.until === undefined && run.outcome !== undefined;
  if (json) output.json({ type: 'replay', runId: run.header.runId, compared, same: differences.length === 0, differences });
  else if (differences.length > 0) for (const line of differenceLines(differences)) output.line(line);
  else
    output.note(
      compared ? 'as recorded' : options.until === undefined ? 'the transcript has no outcome to compare with' : `as it stood after envelope ${options.until}`,
    );
  return differences.length === 0 ? EXIT.ok : EXIT.failed;
}

function differenceLines(differences: readonly Difference[]): string[] {
  return [
    'differs from the record:',
    ...differences.flatMap(({ path, expected, actual }) => [`  ${path}`, `    - recorded  ${text(expected)}`, `    + now       ${text(actual)}`]),
  ];
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
