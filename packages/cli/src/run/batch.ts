import {
  compileScenario,
  expectOutcome,
  findAgents,
  runScenario,
  type AgentLaunch,
  type CompiledRun,
  type Difference,
  type Env,
  type ExpectedOutcome,
  type JsonObject,
  type RunEvent,
  type RunOutcome,
  type RunResult,
  type Scenario,
} from '@macp-agent/scenarios';
import type { RunTarget } from './run-target.js';

/** One run of a batch, ready to start. */
export interface Job {
  readonly name: string;
  readonly scenarioRef: string;
  readonly templateId: string;
  readonly compiled: CompiledRun;
  readonly agents: ReadonlyMap<string, AgentLaunch>;
  readonly expected: ExpectedOutcome | undefined;
  /** The same run once more, with ids of its own. */
  readonly anew: () => Job;
}

/** What became of a job. */
export interface JobResult {
  readonly name: string;
  readonly scenarioRef: string;
  readonly templateId: string;
  readonly durationMs: number;
  readonly result?: (Pick<RunResult, 'runId' | 'sessionId' | 'outcome'> & { readonly transcriptFile: string | undefined }) | undefined;
  /** It could not be compiled or started. */
  readonly error?: unknown;
  readonly differences: readonly Difference[];
  readonly events: readonly RunEvent[];
  /** Nothing differs from what was expected; a run without expectation only has to end. */
  readonly passed: boolean;
}

export interface BatchOptions {
  /** Runs at a time. */
  readonly concurrency: number;
  readonly runsDir: string;
  readonly parentEnv: Env;
  readonly runMs?: number | undefined;
  /** Aborting cancels the runs that go on and starts no further one. */
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  /** `index` is that of the job. */
  readonly onDone: (result: JobResult, index: number) => void;
}

export interface JobParts {
  readonly scenario: Scenario;
  readonly name: string;
  readonly templateId: string | undefined;
  readonly inputs: JsonObject;
  readonly expected?: ExpectedOutcome | undefined;
  /** Those of the same scenario and template, found before. */
  readonly agents?: ReadonlyMap<string, AgentLaunch> | undefined;
}

/** Compiles one run of a scenario and finds its agents. Throws what compileScenario and findAgents throw. */
export function prepareJob(parts: JobParts): Job {
  const { scenario, name, templateId, inputs, expected } = parts;
  const compiled = compileScenario(scenario, { templateId, inputs });
  const agents = parts.agents ?? findAgents(scenario, compiled.participantBindings);
  return {
    name,
    scenarioRef: scenario.ref,
    templateId: compiled.display.templateId,
    compiled,
    agents,
    expected: expected ?? compiled.expected,
    anew: () => prepareJob({ ...parts, agents }),
  };
}

/** Runs jobs against one runtime, some at a time; results in the order of the jobs. Jobs that an abort left out are not in it. */
export async function runBatch(jobs: readonly Job[], target: RunTarget, options: BatchOptions): Promise<JobResult[]> {
  const results: (JobResult | undefined)[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < jobs.length && !options.signal.aborted) {
      const index = next;
      next += 1;
      const job = jobs[index];
      if (job === undefined) return;
      const result = await runJob(job, target, target.agentTokens[index] ?? new Map<string, string>(), options);
      results[index] = result;
      options.onDone(result, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, jobs.length) }, work));
  return results.filter((result) => result !== undefined);
}

async function runJob(job: Job, target: RunTarget, agentTokens: ReadonlyMap<string, string>, options: BatchOptions): Promise<JobResult> {
  const { name, scenarioRef, templateId, compiled, agents, expected } = job;
  const events: RunEvent[] = [];
  const began = performance.now();
  const common = { name, scenarioRef, templateId, events };
  try {
    const result = await runScenario(compiled, {
      runtime: target.runtime,
      runnerToken: target.runnerToken,
      agentTokens,
      agents,
      runsDir: options.runsDir,
      parentEnv: options.parentEnv,
      timeouts: { runMs: options.runMs },
      signal: options.signal,
      forceSignal: options.forceSignal,
      onEvent: (event) => events.push(event),
    });
    return { ...common, durationMs: result.durationMs, result, ...judgeOutcome(result.outcome, expected) };
  } catch (error) {
    return { ...common, durationMs: performance.now() - began, error, differences: [], passed: false };
  }
}

/** What differs from the expectation; a run without one only has to end. */
export function judgeOutcome(outcome: RunOutcome, expected: ExpectedOutcome | undefined): Pick<JobResult, 'differences' | 'passed'> {
  const differences = expectOutcome(outcome, expected ?? {});
  const ended = expected !== undefined || (outcome.exitCode !== 1 && outcome.exitCode !== 2);
  return { differences, passed: differences.length === 0 && ended };
}
