import { MacpError } from '@macp-agent/protocol';
import { Batch, type BatchResult, type Env } from '@macp-agent/scenarios';
import { resolve } from 'node:path';
import type { CliContext } from '../cli-context.js';
import { judgeOutcome, type Job, type JobResult } from './batch.js';
import { openBatchTarget } from './batch-target.js';
import type { TargetOptions } from './run-target.js';

export interface PlayKeptOptions extends TargetOptions {
  readonly runsDir: string;
  /** Limit of each session in seconds. */
  readonly timeout?: number | undefined;
  readonly concurrency: number;
  readonly parentEnv: Env;
}

/** A job that is compiled only when its turn comes, and again for each further try. */
export interface KeptItem {
  readonly compile: () => Job;
}

/**
 * Plays jobs with agents that stay alive, one process per participant. `kinds` has one job for each different scenario and template.
 * The names of agents that serve one session only, with which nothing was played; empty when all is done.
 */
export async function playKept<T extends KeptItem>(
  items: readonly T[],
  kinds: readonly Job[],
  options: PlayKeptOptions,
  { config, output, signal }: CliContext,
  onDone: (item: T, result: JobResult) => void,
): Promise<readonly string[]> {
  const runsDir = resolve(config.cwd, options.runsDir);
  const target = await openBatchTarget(
    config,
    kinds.map(({ compiled }) => compiled),
    options,
  );
  try {
    const { batch, refusing } = await Batch.open(kinds, {
      ...target,
      concurrency: options.concurrency,
      runsDir,
      logsDir: resolve(runsDir, `batch-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`),
      parentEnv: options.parentEnv,
      caseMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      signal,
      onPaced: (perMinute) => output.note(`the runtime takes about ${perMinute} sessions a minute; the batch keeps to that`),
    });
    if (batch === undefined) return refusing;
    await using playing = batch;
    const cases = items.map((item) => new KeptCase(item));
    await playing.play(cases, (result) => onDone(result.batchCase.item, resultOf(result)));
    return [];
  } finally {
    await target.close();
  }
}

/** Knows the job that was compiled last, which is the one that was played. */
class KeptCase<T extends KeptItem> {
  readonly item: T;
  job: Job | undefined;

  constructor(item: T) {
    this.item = item;
  }

  cast(): Job {
    this.job = this.item.compile();
    return this.job;
  }
}

/** As of a run of its own. */
function resultOf<T extends KeptItem>({ batchCase, compiled, outcome, durationMs, transcriptFile, problem, events }: BatchResult<KeptCase<T>>): JobResult {
  const { scenarioRef, templateId } = compiled.display;
  const { runId, sessionId } = compiled;
  const { differences, passed } = judgeOutcome(outcome, batchCase.job?.expected);
  return {
    name: batchCase.job?.name ?? '',
    scenarioRef,
    templateId,
    durationMs,
    result: { runId, sessionId, outcome, transcriptFile },
    ...(problem === undefined ? {} : { error: new MacpError('TRANSPORT', problem) }),
    differences,
    // Asked for only where something differs.
    get events() {
      return events();
    },
    passed: passed && problem === undefined,
  };
}
