import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Auth, MacpClient } from '@macp-agent/core';
import { isTerminal, type SessionState } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import { agentEnv } from '../launch/agent-env.js';
import { AgentGroup, type AgentStart } from '../launch/agent-group.js';
import { bootstrapDocument, type CancelCallbackSettings } from '../launch/bootstrap-document.js';
import { systemReason } from '../system-reason.js';
import { SessionCanceller } from './cancel-session.js';
import { explainEnding, reasonOf, type Ending } from './ending.js';
import { FaultRun, withFault } from './fault-run.js';
import { Observer } from './observer.js';
import { ensurePolicy } from './register-policy.js';
import { RunFolder } from './run-folder.js';
import { RunLog } from './run-log.js';
import { checkRunOptions, type RunOptions, type RunResult } from './run-options.js';

const newBearer = (): string => randomBytes(32).toString('base64url');

/**
 * Plays a compiled scenario against a runtime: registers its policy, writes one bootstrap per agent, starts the agents, watches
 * the session and stops everything that it started. Once agents run it settles with an outcome, whatever they do.
 * Before that it throws: INVALID_OPTIONS, INVALID_BOOTSTRAP, UNKNOWN_POLICY_VERSION, or what the runtime answers.
 */
export async function runScenario(compiled: CompiledRun, options: RunOptions): Promise<RunResult> {
  checkRunOptions(compiled, options);
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
    return await new Run(withFault(compiled, options.fault), options, client).play();
  } finally {
    client.close();
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
  readonly #canceller: SessionCanceller;
  readonly #runMs: number;
  readonly #cancelMs: number;
  readonly #bootstrapFiles: string[] = [];
  readonly #fault: FaultRun;
  #callbackUrl: string | undefined;
  /** What the runtime said to the runner's own cancel. */
  #cancelledState: SessionState | undefined;
  #over = false;

  constructor(compiled: CompiledRun, options: RunOptions, client: MacpClient) {
    const { ttlMs, maxSuspendMs = 0 } = compiled.initiator.sessionStart;
    this.#compiled = compiled;
    this.#options = options;
    this.#client = client;
    this.#runMs = options.timeouts?.runMs ?? ttlMs + maxSuspendMs + 30_000;
    this.#folder = new RunFolder(options.runsDir ?? 'runs', compiled.runId, options.bootstrapDir);
    this.#log = new RunLog(compiled, this.#folder, options.onEvent ?? (() => undefined), options.now ?? Date.now);
    const { cancelCallback, agentTokens, forceSignal } = options;
    this.#cancelMs = options.timeouts?.cancelMs ?? 5_000;
    const { participantId: initiator } = compiled.initiator;
    this.#fault = new FaultRun(options.fault, initiator, (participantId, text) => this.#log.fault(participantId, text));
    this.#canceller = new SessionCanceller({
      client,
      compiled,
      initiatorToken: agentTokens.get(initiator) ?? '',
      timeoutMs: this.#cancelMs,
      signal: forceSignal,
      note: (text) => this.#log.note(initiator, text),
    });
    this.#callback =
      cancelCallback === false ? undefined : { host: cancelCallback?.host ?? '127.0.0.1', path: cancelCallback?.path ?? '/agent/cancel', bearer: newBearer() };
    this.#group = new AgentGroup({
      initiator,
      onStarted: (participantId, pid) => this.#log.event({ type: 'agent', participantId, status: 'started', pid }),
      onReport: (participantId, report) => {
        if (report.type === 'ready' && participantId === initiator) this.#noteCallback(report.cancelCallbackUrl);
        this.#log.report(participantId, report);
      },
      onExit: (participantId, exit, logTail) =>
        this.#log.event({ type: 'agent-exit', participantId, exit, unexpected: !this.#over && exit.code !== 0, logTail }),
    });
  }

  async play(): Promise<RunResult> {
    const { signal } = this.#options;
    const observer = new Observer({
      client: this.#client,
      mode: this.#compiled.runDescriptor.session.modeName,
      sessionId: this.#compiled.sessionId,
      patienceMs: this.#runMs,
      initiatorToken: this.#options.agentTokens.get(this.#compiled.initiator.participantId) ?? '',
      onForbidden: () => this.#log.note('runner', `may not observe; reads the session with the token of ${this.#compiled.initiator.participantId}`),
      onEnvelope: (envelope) => {
        this.#log.envelope(envelope);
        this.#provoke(envelope.messageType);
      },
      onLifecycle: (change) => this.#log.lifecycle(change),
    });
    let ending: Ending;
    try {
      this.#log.begin(this.#options.runtime.address);
      await this.#fault.open(this.#options.runtime);
      const starts = this.#prepare();
      this.#writeRecord();
      void this.#group.start(starts, this.#options.startOrder !== undefined).then(() => this.#writeRecord());
      ending = await this.#untilEnd(observer, signal);
      await this.#wrapUp(ending, observer);
      this.#over = true;
      await this.#stopAgents();
      await this.#leaveNoSession(ending, observer);
    } finally {
      this.#over = true;
      await this.#stopAgents();
      observer.close();
      await this.#fault[Symbol.asyncDispose]();
      this.#folder.removeSecrets(this.#bootstrapFiles);
    }
    return await this.#finish(ending, observer);
  }

  /** Idempotent. */
  #stopAgents(): Promise<void> {
    const { timeouts = {}, forceSignal } = this.#options;
    return this.#group.stop(isAborted(forceSignal) ? 0 : (timeouts.graceMs ?? 1_000), timeouts.termMs ?? 700);
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
      const parts = { compiled, participantId, token, runtime: this.#fault.runtimeOf(participantId, runtime), cancelCallback: this.#callbackOf(participantId) };
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

  /** A run goes on without its record: only others miss it. */
  #writeRecord(): void {
    if (this.#over) return;
    const { runId, sessionId, display } = this.#compiled;
    try {
      this.#folder.writeRecord({
        runId,
        sessionId,
        scenarioRef: display.scenarioRef,
        startedAtUnixMs: this.#log.startedAtUnixMs,
        pid: process.pid,
        runtimeAddress: this.#options.runtime.address,
        cancelCallback: this.#cancelCallback(),
        agents: this.#group.pids,
      });
    } catch (error) {
      this.#log.note('runner', `cannot write ${this.#folder.recordFile}, so that macp cancel will not find this run: ${systemReason(error)}`);
    }
  }

  async #untilEnd(observer: Observer, signal: AbortSignal | undefined): Promise<Ending> {
    const over = new AbortController();
    const abort = new Promise<Ending>((resolve) => {
      for (const source of [signal, this.#options.forceSignal]) {
        const onAbort = (): void => resolve({ by: 'abort', cause: source?.reason as unknown });
        source?.addEventListener('abort', onAbort, { once: true, signal: over.signal });
        if (source?.aborted === true) onAbort();
      }
    });
    const limit = delay(this.#runMs, undefined, { signal: over.signal }).then(
      (): Ending => ({ by: 'limit', runMs: this.#runMs }),
      (): Promise<Ending> => new Promise(() => undefined),
    );
    try {
      return await Promise.race([
        observer.ended.then(
          (): Ending => ({ by: 'session' }),
          (error: unknown): Ending => ({ by: 'observer', error }),
        ),
        this.#group.broken.then((failure): Ending => ({ by: 'agents', failure })),
        limit,
        abort,
      ]);
    } finally {
      over.abort();
    }
  }

  /** Brings the session to an end where that is still possible. */
  async #wrapUp(ending: Ending, observer: Observer): Promise<void> {
    if (ending.by === 'session') return;
    // The commitment may be accepted and not yet read.
    if (ending.by === 'agents') await this.#within(observer, 1_000);
    if (isEnded(observer)) return;
    const reason = reasonOf(ending);
    this.#log.cancelledFor(reason);
    const callback = this.#cancelCallback();
    const running = this.#group.isRunning(this.#compiled.initiator.participantId);
    const asked = running && callback !== undefined && (await this.#canceller.askInitiator(callback, reason));
    if (!asked) this.#cancelledState = await this.#canceller.asInitiator(reason);
    if (asked || this.#cancelledState !== undefined) await this.#within(observer, this.#cancelMs);
  }

  /** After all agents have gone: a session that one of them opened meanwhile, or that nobody ended, must not stay behind. */
  async #leaveNoSession(ending: Ending, observer: Observer): Promise<void> {
    if (ending.by === 'session' || isEnded(observer)) return;
    this.#cancelledState = (await this.#canceller.asInitiator(reasonOf(ending))) ?? this.#cancelledState;
    if (this.#cancelledState !== undefined && ending.by !== 'observer') await this.#within(observer, this.#cancelMs);
  }

  /** Where the initiator takes a cancel; undefined until it listens. */
  #cancelCallback(): { url: string; bearer: string } | undefined {
    return this.#callbackUrl === undefined || this.#callback === undefined ? undefined : { url: this.#callbackUrl, bearer: this.#callback.bearer };
  }

  async #within(observer: Observer, ms: number): Promise<void> {
    const done = new AbortController();
    const signals = this.#options.forceSignal === undefined ? done.signal : AbortSignal.any([done.signal, this.#options.forceSignal]);
    const late = delay(ms, undefined, { signal: signals }).catch(() => undefined);
    await Promise.race([observer.ended.catch(() => undefined), late]);
    done.abort();
  }

  async #finish(ending: Ending, observer: Observer): Promise<RunResult> {
    const { runId, sessionId } = this.#compiled;
    const ended = isEnded(observer);
    const state = ended ? observer.state : (this.#cancelledState ?? observer.state);
    const usage = ending.by === 'agents' && !ending.failure.wasReady && ending.failure.exit.code === 2;
    const outcome = this.#log.outcome({
      view: observer.view,
      state,
      // A commitment that was faster stands, and says why itself.
      reason: (ended && ending.by === 'observer') || ending.by === 'session' || state === 'RESOLVED' ? undefined : explainEnding(ending),
      lost: ending.by === 'agents' ? ending.failure.participantId : undefined,
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
    const participantId = this.#fault.crashAt(messageType);
    if (participantId !== undefined && this.#group.crash(participantId)) this.#fault.crashed(participantId, messageType);
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;
const isEnded = (observer: Observer): boolean => observer.state !== undefined && isTerminal(observer.state);
