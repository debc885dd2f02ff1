import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Auth, MacpClient } from '@macp-agent/core';
import { isMacpError, isTerminal, MacpError } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import { AgentGroup, type AgentStart, type GroupFailure } from '../launch/agent-group.js';
import { agentEnv, type Env } from '../launch/agent-env.js';
import { bootstrapDocument, type CancelCallbackSettings, type RuntimeTarget } from '../launch/bootstrap-document.js';
import type { AgentLaunch } from '../launch/load-agents.js';
import { cancelRun } from './cancel-run.js';
import type { Fault } from './fault.js';
import { Observer } from './observer.js';
import type { RunOutcome } from './outcome.js';
import { ensurePolicy } from './register-policy.js';
import type { RunEvent } from './run-event.js';
import { RunFolder } from './run-folder.js';
import { RunLog } from './run-log.js';
import type { TranscriptEntry } from './transcript.js';

/** Limits of a run, in milliseconds. */
export interface RunTimeouts {
  /** The whole run. Default: lifetime of the session plus its longest suspension (if the scenario limits it) plus 30 000. */
  readonly runMs?: number | undefined;
  /** Each call to the runtime before the agents start. Default 10 000. */
  readonly callMs?: number | undefined;
  /** From a cancel until the session is CANCELLED. Default 5000. */
  readonly cancelMs?: number | undefined;
  /** What agents get to end by themselves after the session has. Default 1000. */
  readonly graceMs?: number | undefined;
  /** From SIGTERM to SIGKILL. Default 700. */
  readonly termMs?: number | undefined;
}

export interface RunOptions {
  readonly runtime: RuntimeTarget;
  /** The runner's own identity: reads the session and registers the policy. It sends no envelope. */
  readonly runnerToken: string;
  /** By participant id. */
  readonly agentTokens: ReadonlyMap<string, string>;
  /** By participant id, from `findAgents`. */
  readonly agents: ReadonlyMap<string, AgentLaunch>;
  /** Folder of the run folders. Default `runs` in the working directory. */
  readonly runsDir?: string | undefined;
  /** Environment to take the agents' allow-list from. Default: nothing. */
  readonly parentEnv?: Env | undefined;
  /** Where bootstrap files of external agents go; needed when there are any. */
  readonly bootstrapDir?: string | undefined;
  /** Default `{ host: '127.0.0.1', path: '/agent/cancel' }`; false = agents serve no cancel callback. */
  readonly cancelCallback?: { readonly host?: string; readonly path?: string } | false | undefined;
  /** Participants in the order to start, each when the one before is ready. Default: all at once. */
  readonly startOrder?: readonly string[] | undefined;
  readonly fault?: Fault | undefined;
  readonly timeouts?: RunTimeouts | undefined;
  /** Aborting cancels the session through its initiator, then ends the run; outcome 130. */
  readonly signal?: AbortSignal | undefined;
  /** Aborting ends the run at once, without asking anybody. */
  readonly forceSignal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Told where the initiator takes a cancel, as soon as it listens. Not an event: the bearer is a secret. */
  readonly onCancellable?: ((callback: { readonly url: string; readonly bearer: string }) => void) | undefined;
  /** Default Date.now. */
  readonly now?: (() => number) | undefined;
}

export interface RunResult {
  readonly runId: string;
  readonly sessionId: string;
  readonly outcome: RunOutcome;
  readonly transcript: readonly TranscriptEntry[];
  readonly transcriptFile: string;
  readonly folder: string;
  readonly durationMs: number;
  readonly agents: readonly {
    readonly participantId: string;
    readonly exitCode: number | undefined;
    readonly signal: string | undefined;
    readonly logTail: readonly string[];
    readonly logFile: string;
  }[];
}

const newBearer = (): string => randomBytes(32).toString('base64url');

/** How a run stops being one. */
type Ending =
  | { readonly by: 'session' }
  | { readonly by: 'observer'; readonly error: unknown }
  | { readonly by: 'agents'; readonly failure: GroupFailure }
  | { readonly by: 'limit' }
  | { readonly by: 'abort' };

/**
 * Plays a compiled scenario against a runtime: registers its policy, writes one bootstrap per agent, starts the agents, watches
 * the session and stops everything that it started. Once agents run it settles with an outcome, whatever they do.
 * Before that it throws: INVALID_OPTIONS, INVALID_BOOTSTRAP, UNKNOWN_POLICY_VERSION, or what the runtime answers.
 */
export async function runScenario(compiled: CompiledRun, options: RunOptions): Promise<RunResult> {
  checkOptions(compiled, options);
  const { runtime, timeouts = {} } = options;
  const client = new MacpClient({
    address: runtime.address,
    secure: runtime.tls ?? true,
    allowInsecure: runtime.allowInsecure ?? false,
    auth: Auth.bearer(options.runnerToken),
  });
  try {
    const call = { timeoutMs: timeouts.callMs ?? 10_000, signal: options.signal };
    await client.initialize(call);
    await ensurePolicy(client, compiled.initiator.sessionStart.policyVersion, compiled.policy, call);
    return await new Run(compiled, options, client).play();
  } finally {
    client.close();
  }
}

function checkOptions(compiled: CompiledRun, { agents, agentTokens, bootstrapDir }: RunOptions): void {
  for (const { participantId } of compiled.participantBindings) {
    if (!agentTokens.has(participantId)) {
      throw new MacpError(
        'INVALID_BOOTSTRAP',
        `bootstrap.runtime.bearerToken is required: there is no token for the sender ${participantId} (onboarding step 3)`,
        { context: { sender: participantId } },
      );
    }
    const launch = agents.get(participantId);
    if (launch === undefined) throw new MacpError('AGENT_NOT_FOUND', `no agent was given for ${participantId}`, { context: { sender: participantId } });
    if (launch.external && bootstrapDir === undefined) {
      throw new MacpError(
        'INVALID_OPTIONS',
        `${participantId} is started by somebody else (strategy external): say with --bootstrap-dir where its bootstrap file goes`,
        { context: { sender: participantId } },
      );
    }
  }
}

class Run {
  readonly #compiled: CompiledRun;
  readonly #options: RunOptions;
  readonly #client: MacpClient;
  readonly #folder: RunFolder;
  readonly #log: RunLog;
  readonly #group: AgentGroup;
  readonly #callback: CancelCallbackSettings | undefined;
  readonly #runMs: number;
  readonly #bootstrapFiles: string[] = [];
  #callbackUrl: string | undefined;
  #faultDone = false;
  #over = false;

  constructor(compiled: CompiledRun, options: RunOptions, client: MacpClient) {
    const { ttlMs, maxSuspendMs = 0 } = compiled.initiator.sessionStart;
    this.#compiled = compiled;
    this.#options = options;
    this.#client = client;
    this.#runMs = options.timeouts?.runMs ?? ttlMs + maxSuspendMs + 30_000;
    this.#folder = new RunFolder(options.runsDir ?? 'runs', compiled.runId, options.bootstrapDir);
    this.#log = new RunLog(compiled, this.#folder, options.onEvent ?? (() => undefined), options.now ?? Date.now);
    const { cancelCallback } = options;
    this.#callback =
      cancelCallback === false ? undefined : { host: cancelCallback?.host ?? '127.0.0.1', path: cancelCallback?.path ?? '/agent/cancel', bearer: newBearer() };
    this.#group = new AgentGroup({
      initiator: compiled.initiator.participantId,
      onStarted: (participantId, pid) => this.#log.event({ type: 'agent', participantId, status: 'started', pid }),
      onReport: (participantId, report) => {
        if (report.type === 'ready' && participantId === compiled.initiator.participantId) this.#noteCallback(report.cancelCallbackUrl);
        this.#log.report(participantId, report);
      },
      onExit: (participantId, exit, logTail) =>
        this.#log.event({ type: 'agent-exit', participantId, exit, unexpected: !this.#over && exit.code !== 0, logTail }),
    });
  }

  async play(): Promise<RunResult> {
    const { signal, timeouts = {} } = this.#options;
    const observer = new Observer({
      client: this.#client,
      mode: this.#compiled.runDescriptor.session.modeName,
      sessionId: this.#compiled.sessionId,
      patienceMs: this.#runMs,
      onEnvelope: (envelope) => {
        this.#log.envelope(envelope);
        this.#provoke(envelope.messageType);
      },
      onLifecycle: (change) => this.#log.lifecycle(change),
    });
    let ending: Ending;
    try {
      this.#log.begin(this.#options.runtime.address);
      const starts = this.#prepare();
      this.#writeRecord();
      const starting = this.#group.start(starts, this.#options.startOrder !== undefined).then(() => this.#writeRecord());
      ending = await this.#untilEnd(observer, starting, signal);
      await this.#wrapUp(ending, observer);
    } finally {
      this.#over = true;
      observer.close();
      await this.#group.stop(isAborted(this.#options.forceSignal) ? 0 : (timeouts.graceMs ?? 1_000), timeouts.termMs ?? 700);
      this.#folder.removeSecrets(this.#bootstrapFiles);
    }
    return await this.#finish(ending, observer);
  }

  /** Writes the bootstrap files; what is to be started, in order. */
  #prepare(): AgentStart[] {
    const { runtime, agents, agentTokens, bootstrapDir, parentEnv = {}, startOrder } = this.#options;
    const compiled = this.#compiled;
    const ids = startOrder ?? compiled.participantBindings.map(({ participantId }) => participantId);
    return ids.flatMap((participantId) => {
      const launch = agents.get(participantId);
      const token = agentTokens.get(participantId);
      if (launch === undefined || token === undefined) return [];
      const parts = { compiled, participantId, token, runtime, cancelCallback: this.#callbackOf(participantId) };
      const bootstrapFile = this.#folder.writeBootstrap(
        participantId,
        bootstrapDocument({ ...parts, framework: launch.framework }),
        launch.external ? bootstrapDir : undefined,
      );
      if (launch.external) {
        this.#bootstrapFiles.push(bootstrapFile);
        this.#log.event({ type: 'agent', participantId, status: 'waiting', bootstrapFile });
        return [];
      }
      const env = agentEnv({ ...parts, parent: parentEnv, launch, bootstrapFile });
      const { command, args, cwd, startupTimeoutMs } = launch;
      return [{ participantId, command, args, cwd, env, startupTimeoutMs, logFile: this.#folder.logFile(participantId) }];
    });
  }

  /** Each agent has a bearer of its own: whoever knows one cannot cancel with the identity of another. */
  #callbackOf(participantId: string): CancelCallbackSettings | undefined {
    if (this.#callback === undefined || participantId === this.#compiled.initiator.participantId) return this.#callback;
    return { ...this.#callback, bearer: newBearer() };
  }

  #noteCallback(url: string | undefined): void {
    if (url === undefined || this.#callback === undefined) return;
    this.#callbackUrl = url;
    this.#options.onCancellable?.({ url, bearer: this.#callback.bearer });
    this.#writeRecord();
  }

  #writeRecord(): void {
    if (this.#over) return;
    const { runId, sessionId, display } = this.#compiled;
    this.#folder.writeRecord({
      runId,
      sessionId,
      scenarioRef: display.scenarioRef,
      startedAtUnixMs: this.#log.startedAtUnixMs,
      pid: process.pid,
      runtimeAddress: this.#options.runtime.address,
      cancelCallback: this.#callbackUrl === undefined || this.#callback === undefined ? undefined : { url: this.#callbackUrl, bearer: this.#callback.bearer },
      agents: this.#group.pids,
    });
  }

  async #untilEnd(observer: Observer, starting: Promise<void>, signal: AbortSignal | undefined): Promise<Ending> {
    const over = new AbortController();
    const abort = new Promise<Ending>((resolve) => {
      const onAbort = (): void => resolve({ by: 'abort' });
      for (const source of [signal, this.#options.forceSignal]) {
        source?.addEventListener('abort', onAbort, { once: true, signal: over.signal });
        if (source?.aborted === true) onAbort();
      }
    });
    const limit = delay(this.#runMs, undefined, { signal: over.signal }).then(
      (): Ending => ({ by: 'limit' }),
      (): Promise<Ending> => new Promise(() => undefined),
    );
    try {
      return await Promise.race([
        observer.ended.then(
          (): Ending => ({ by: 'session' }),
          (error: unknown): Ending => ({ by: 'observer', error }),
        ),
        this.#group.broken.then((failure): Ending => ({ by: 'agents', failure })),
        // Only its failure counts: a file that cannot be written.
        starting.then(() => new Promise<Ending>(() => undefined)),
        limit,
        abort,
      ]);
    } finally {
      over.abort();
    }
  }

  /** Brings the session to an end where that is still possible. */
  async #wrapUp(ending: Ending, observer: Observer): Promise<void> {
    if (ending.by === 'session' || ending.by === 'observer') return;
    const { timeouts = {} } = this.#options;
    if (ending.by === 'agents') {
      // The commitment may be accepted and not yet read.
      await this.#within(observer, 1_000);
      if (isEnded(observer)) return;
    }
    const reason = this.#reasonOf(ending);
    if (await this.#askInitiator(reason)) await this.#within(observer, timeouts.cancelMs ?? 5_000);
    this.#log.cancelledFor(reason);
  }

  async #askInitiator(reason: string): Promise<boolean> {
    const { runId, initiator } = this.#compiled;
    if (this.#callbackUrl === undefined || isAborted(this.#options.forceSignal) || !this.#group.isRunning(initiator.participantId)) return false;
    try {
      await cancelRun({ runId, url: this.#callbackUrl, bearer: this.#callback?.bearer }, reason, {
        timeoutMs: this.#options.timeouts?.cancelMs,
        signal: this.#options.forceSignal,
      });
      return true;
    } catch (error) {
      if (!isMacpError(error)) throw error;
      this.#log.note(initiator.participantId, `was asked to cancel: ${error.message}`);
      return false;
    }
  }

  async #within(observer: Observer, ms: number): Promise<void> {
    const done = new AbortController();
    const signals = this.#options.forceSignal === undefined ? done.signal : AbortSignal.any([done.signal, this.#options.forceSignal]);
    const late = delay(ms, undefined, { signal: signals }).catch(() => undefined);
    await Promise.race([observer.ended.catch(() => undefined), late]);
    done.abort();
  }

  #reasonOf(ending: Ending): string {
    switch (ending.by) {
      case 'abort':
        return 'cancelled at the terminal';
      case 'limit':
        return `the run did not end within ${this.#runMs} ms`;
      case 'agents':
        return describeFailure(ending.failure);
      case 'observer':
        return `reading the session failed: ${ending.error instanceof Error ? ending.error.message : String(ending.error)}`;
      case 'session':
        return '';
    }
  }

  async #finish(ending: Ending, observer: Observer): Promise<RunResult> {
    const { runId, sessionId } = this.#compiled;
    const ended = isEnded(observer);
    const usage = ending.by === 'agents' && !ending.failure.wasReady && ending.failure.exit.code === 2;
    const outcome = this.#log.outcome({
      view: observer.view,
      state: observer.state,
      reason: ended && ending.by !== 'abort' && ending.by !== 'limit' && ending.by !== 'agents' ? undefined : this.#reasonOf(ending),
      interrupted: ending.by === 'abort',
      usage,
    });
    const durationMs = await this.#log.end(outcome);
    return {
      runId,
      sessionId,
      outcome,
      transcript: this.#log.transcript,
      transcriptFile: this.#folder.transcriptFile,
      folder: dirname(this.#folder.transcriptFile),
      durationMs,
      agents: this.#group
        .results()
        .map(({ participantId, exit, logTail, logFile }) => ({ participantId, exitCode: exit?.code, signal: exit?.signal, logTail, logFile })),
    };
  }

  #provoke(messageType: string): void {
    const { fault } = this.#options;
    if (fault === undefined || this.#faultDone || fault.messageType !== messageType) return;
    this.#faultDone = true;
    if (this.#group.crash(fault.participantId)) this.#log.fault(fault);
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;
const isEnded = (observer: Observer): boolean => observer.state !== undefined && isTerminal(observer.state);

function describeFailure({ participantId, exit, wasReady, logTail, logFile }: GroupFailure): string {
  const how = exit.signal === undefined ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  const when = wasReady ? 'before the session ended' : 'before it was ready';
  const tail =
    logTail.length === 0
      ? 'it wrote nothing'
      : `its last lines:\n${logTail
          .slice(-8)
          .map((line) => `    ${line}`)
          .join('\n')}`;
  return `agent ${participantId} ${how} ${when}; ${tail}\n  log: ${logFile}`;
}
