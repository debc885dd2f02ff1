import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import type { ControlPlane, ScenarioSummary } from '@macp-agent/control-plane';
import { startRuntime, type Runtime } from '@macp-agent/runtime';
import {
  compileScenario,
  findAgents,
  findScenario,
  listScenarioRefs,
  runScenario,
  type AgentLaunch,
  type CompiledRun,
  type JsonObject,
  type PackCatalog,
  type RunEvent,
} from '@macp-agent/scenarios';
import { RUNNER, type Config } from '../config.js';
import { feedRun, type RunFeed } from './feed-run.js';

type TokenIdentity = Parameters<Runtime['replaceIdentities']>[0][number];

/** Runs of one console at a time; one more is refused until another ends. */
const MAX_RUNS = 16;
/** How long a start waits for the session and its initiator. */
const READY_MS = 30_000;

const newToken = (): string => randomBytes(32).toString('hex');

/** The runs that a console starts: one runtime for all of them, which learns the agents of each run as it comes. */
export class ConsoleRuns {
  readonly runtime: Runtime;
  readonly runnerToken: string;
  readonly #config: Config;
  readonly #catalog: () => PackCatalog;
  readonly #runsDir: string;
  readonly #own: TokenIdentity;
  readonly #agents = new Map<string, readonly TokenIdentity[]>();
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #force: AbortSignal;
  /** Told what cannot be answered any more: a run that failed after its start. */
  readonly #onFailure: (runId: string, error: unknown) => void;

  private constructor(runtime: Runtime, own: TokenIdentity, options: ConsoleRunsOptions) {
    this.runtime = runtime;
    this.#own = own;
    this.runnerToken = own.token;
    this.#config = options.config;
    this.#catalog = options.catalog;
    this.#runsDir = resolve(options.config.cwd, options.runsDir);
    this.#onFailure = options.onFailure;
    this.#force = options.forceSignal;
  }

  static async start(options: ConsoleRunsOptions): Promise<ConsoleRuns> {
    const own = { token: newToken(), sender: RUNNER, canStartSessions: false, canManageModeRegistry: true, isObserver: true };
    return new ConsoleRuns(await startRuntime({ identities: [own] }), own, options);
  }

  /** What the form of the console offers. */
  async scenarios(): Promise<ScenarioSummary[]> {
    const catalog = this.#catalog();
    return listScenarioRefs(catalog).map((ref) => {
      const scenario = findScenario(catalog, ref);
      const { metadata, spec } = scenario.document;
      return {
        scenarioRef: ref,
        name: metadata.name,
        summary: metadata.summary,
        templates: templatesOf(scenario),
        inputSchema: spec.inputs.schema,
      };
    });
  }

  /** Starts a scenario and resolves when its session is open and its initiator can be asked to cancel. */
  async launch(
    plane: Pick<ControlPlane, 'openRun'>,
    ref: string,
    template: string | undefined,
    inputs: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly runId: string; readonly sessionId: string }> {
    if (this.#running.size >= MAX_RUNS) {
      throw new MacpError('RATE_LIMITED', `${MAX_RUNS} runs of this console are going on; wait for one to end, or cancel one`);
    }
    const scenario = findScenario(this.#catalog(), ref);
    const compiled = compileScenario(scenario, { templateId: template, inputs: inputs as JsonObject });
    const agents = findAgents(scenario, compiled.participantBindings);
    const { runId, sessionId } = compiled;
    // Before anything is awaited, so that a burst of requests cannot get past the limit.
    const { promise: ready, settle } = readiness(compiled);
    const run = this.#play(plane, compiled, agents, settle).finally(() => {
      this.#running.delete(runId);
      this.#agents.delete(runId);
      this.#publish();
    });
    this.#running.set(runId, run);
    await ready;
    return { runId, sessionId };
  }

  async #play(
    plane: Pick<ControlPlane, 'openRun'>,
    compiled: CompiledRun,
    agents: ReadonlyMap<string, AgentLaunch>,
    settle: Readiness['settle'],
  ): Promise<void> {
    const report = (error: unknown): void => this.#onFailure(compiled.runId, error);
    let feed: RunFeed | undefined;
    try {
      feed = await feedRun(plane, compiled, report);
      await runScenario(compiled, {
        runtime: { address: this.runtime.address, tls: false, allowInsecure: true },
        runnerToken: this.runnerToken,
        agentTokens: this.#admit(compiled),
        agents,
        runsDir: this.#runsDir,
        parentEnv: this.#config.env,
        signal: this.#stop.signal,
        forceSignal: this.#force,
        onCancellable: feed.cancellable,
        onEvent: (event) => {
          feed?.event(event);
          settle.event(event);
        },
      });
      settle.event(undefined);
    } catch (error) {
      feed?.failed(error);
      if (!settle.failed(error)) report(error);
    } finally {
      await feed?.settled();
    }
  }

  /** Cancels what still runs and waits for it. */
  async cancelAll(): Promise<void> {
    this.#stop.abort(new Error('the console stops'));
    await Promise.allSettled(this.#running.values());
  }

  /** Cancels what still runs, waits for it, and stops the runtime. Idempotent. */
  async close(): Promise<void> {
    await this.cancelAll();
    await this.runtime.close(0);
  }

  #admit(compiled: CompiledRun): ReadonlyMap<string, string> {
    const tokens = new Map(compiled.participantBindings.map(({ participantId }) => [participantId, newToken()]));
    const identities = [...tokens].map(([participantId, token]) => ({
      token,
      sender: participantId,
      canStartSessions: participantId === compiled.initiator.participantId,
      allowedModes: [compiled.runDescriptor.session.modeName, ''],
    }));
    this.#agents.set(compiled.runId, identities);
    this.#publish();
    return tokens;
  }

  #publish(): void {
    this.runtime.replaceIdentities([this.#own, ...[...this.#agents.values()].flat()]);
  }
}

/** The scenario as it stands first: it can be run without any template. */
function templatesOf({ templates }: ReturnType<typeof findScenario>): ScenarioSummary['templates'] {
  const all = [...templates].map(([id, { metadata, spec }]) => ({ id, name: metadata.name, defaults: spec?.defaults }));
  const own = all.find(({ id }) => id === 'default') ?? { id: 'default', name: 'As the scenario says', defaults: undefined };
  return [own, ...all.filter(({ id }) => id !== 'default')];
}

export interface ConsoleRunsOptions {
  readonly config: Config;
  /** Read at each start, so that an edited pack counts at once. */
  readonly catalog: () => PackCatalog;
  readonly runsDir: string;
  /** Ends runs at once, without asking their initiators. */
  readonly forceSignal: AbortSignal;
  readonly onFailure: (runId: string, error: unknown) => void;
}

interface Readiness {
  readonly promise: Promise<void>;
  readonly settle: {
    /** An event of the run; undefined when it is over. */
    event(event: RunEvent | undefined): void;
    /** True when somebody still waited and was told. */
    failed(error: unknown): boolean;
  };
}

/** Settles when the session is seen and its initiator is ready, when the run is over, or after a limit. */
function readiness(compiled: CompiledRun): Readiness {
  let settled = false;
  let seen = false;
  let initiatorReady = false;
  let resolveReady: () => void = () => undefined;
  let rejectReady: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    resolveReady = resolve;
    rejectReady = reject;
  });
  const done = (act: () => void): boolean => {
    if (settled) return false;
    settled = true;
    clearTimeout(limit);
    act();
    return true;
  };
  const limit = setTimeout(() => done(resolveReady), READY_MS).unref();
  return {
    promise,
    settle: {
      event(event) {
        if (event === undefined) done(resolveReady);
        else if (event.type === 'envelope') seen = true;
        else if (event.type === 'agent' && event.status === 'ready') initiatorReady ||= event.participantId === compiled.initiator.participantId;
        if (seen && initiatorReady) done(resolveReady);
      },
      failed: (error) => done(() => rejectReady(error)),
    },
  };
}
