import { join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { cancelRun, didYouMean, type RunRecord } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import { runsUnder, type RunsUnder } from '../cancel/live-runs.js';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { readSeconds } from '../option-values.js';

interface CancelOptions {
  readonly reason: string;
  readonly runsDir: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `macp cancel [runId]`. */
export function addCancelCommand(program: Command, context: CliContext): void {
  program
    .command('cancel')
    .description('cancel a run that goes on: its initiator cancels the session with its own identity')
    .argument('[runId]', 'a run id or its beginning; default: the only run that goes on')
    .option('-r, --reason <text>', 'why', 'cancelled from the command line')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .option('--timeout <seconds>', 'how long to wait for an answer', readSeconds, 5)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  macp cancel
  macp cancel 0b7a --reason "wrong amount"

--json: { ok, runId, sessionId, state }; state is null when the agent names none
Exit codes: 0 cancelled, 1 it ended otherwise, or nobody answers; 2 no such run`,
    )
    .action(async (runId: string | undefined, options: CancelOptions) => {
      context.json = options.json === true;
      context.exitCode = await cancelCommand(runId, options, context);
    });
}

async function cancelCommand(runId: string | undefined, options: CancelOptions, { config, output, signal, json }: CliContext): Promise<number> {
  const runsDir = resolve(config.cwd, options.runsDir);
  const record = pickRun(runsUnder(runsDir), runId, options.runsDir);
  if (record.cancelCallback === undefined) {
    throw new MacpError(
      'UNAVAILABLE',
      `run ${record.runId} cannot be cancelled yet: its initiator has not reported a cancel callback. Try again, or stop process ${record.pid}`,
      {
        context: { runId: record.runId },
      },
    );
  }
  const { state } = await cancelRun({ runId: record.runId, ...record.cancelCallback }, options.reason, { signal, timeoutMs: options.timeout * 1000 });
  if (json) output.json({ ok: true, runId: record.runId, sessionId: record.sessionId, state: state ?? null });
  else output.line(`run ${record.runId}: ${state ?? 'the initiator took the request and cancels'}`);
  // Somebody committed before the cancel arrived: said, and not a success.
  return state === undefined || state.endsWith('CANCELLED') ? EXIT.ok : EXIT.failed;
}

function pickRun({ live: records, stale }: RunsUnder, runId: string | undefined, runsDir: string): RunRecord {
  const known = records.map((record) => `${record.runId} (${record.scenarioRef})`).join(', ') || 'none';
  if (runId === undefined) {
    const [only, ...others] = records;
    if (only !== undefined && others.length === 0) return only;
    const [left] = stale;
    if (records.length === 0 && left !== undefined) throw gone(left, runsDir);
    throw new MacpError('INVALID_OPTIONS', records.length === 0 ? `no run goes on under ${runsDir}` : `several runs go on; name one: ${known}`);
  }
  const found = records.filter((record) => matches(record, runId));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  if (found.length > 1) throw new MacpError('INVALID_OPTIONS', `${runId} begins several run ids: ${found.map((record) => record.runId).join(', ')}`);
  const left = stale.find((record) => matches(record, runId));
  if (left !== undefined) throw gone(left, runsDir);
  const hint = didYouMean(
    runId,
    records.map((record) => record.runId),
  );
  throw new MacpError('INVALID_OPTIONS', `no run ${runId} goes on under ${runsDir}.${hint} There are: ${known}`);
}

const matches = ({ runId, sessionId }: RunRecord, word: string): boolean =>
  runId === word || sessionId === word || (word.length >= 4 && runId.startsWith(word));

/** A record whose process was killed: nobody is there to be asked. */
const gone = ({ runId, pid }: RunRecord, runsDir: string): MacpError =>
  new MacpError(
    'UNAVAILABLE',
    `run ${runId} does not go on any more: its process ${pid} has ended without cleaning up, and its session ends with its lifetime. Remove what is left: ${join(runsDir, runId, 'run.json')}`,
    { context: { runId } },
  );
