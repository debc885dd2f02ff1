import type { Job, JobResult } from '../run/batch.js';
import { compareSaid, saidLines, type Said } from './said-lines.js';

/** One repetition of a job that is due. */
export interface Repetition {
  readonly job: Job;
  /** Index of the job. */
  readonly index: number;
  /** From 2. */
  readonly round: number;
  readonly compile: () => Job;
}

/** Jobs that are played several times: what a repetition says must be what the first run said. */
export class Rounds {
  readonly #jobs: readonly Job[];
  readonly #count: number;
  readonly #onResult: (result: JobResult) => void;
  /** By job; undefined where the first run came to nothing. */
  readonly #first: (Said | undefined)[] = [];
  readonly #results = new Map<number, JobResult[]>();

  constructor(jobs: readonly Job[], count: number, onResult: (result: JobResult) => void) {
    this.#jobs = jobs;
    this.#count = count;
    this.#onResult = onResult;
  }

  /** What comes after the first round, round by round. */
  repetitions(of: (job: Job) => boolean): Repetition[] {
    const due: Repetition[] = [];
    for (let round = 2; round <= this.#count; round += 1)
      for (const [index, job] of this.#jobs.entries()) if (of(job)) due.push({ job, index, round, compile: job.anew });
    return due;
  }

  /** Takes a result, compared with that of the first round. */
  add(result: JobResult, index: number, round: number): void {
    const judged = this.#count === 1 ? result : this.#compared(result, index, round);
    const results = this.#results.get(index) ?? [];
    results[round - 1] = judged;
    this.#results.set(index, results);
    this.#onResult(judged);
  }

  /** In the order of rounds and jobs; those that an abort left out are not in it. */
  results(): JobResult[] {
    return Array.from({ length: this.#count }, (_none, round) => this.#jobs.map((_job, index) => this.#results.get(index)?.[round]))
      .flat()
      .filter((result) => result !== undefined);
  }

  #compared(result: JobResult, index: number, round: number): JobResult {
    const name = `${result.name}, round ${round}`;
    const { result: ended, events } = result;
    if (ended === undefined) return { ...result, name };
    const said = saidLines(events, ended);
    const before = (this.#first[index] ??= said);
    const differences = [...result.differences, ...compareSaid(before, said, round)];
    const passed = result.passed && differences.length === 0;
    // Of those that passed nobody asks for the events any more, and there may be thousands.
    return { ...result, name, differences, passed, events: passed ? [] : events };
  }
}
