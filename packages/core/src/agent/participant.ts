import { describeError, isMacpError, isTerminal, MacpError, type Envelope, type SessionView } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import type { MacpClient } from '../client.js';
import { silentLogger, type Logger } from '../logger.js';
import type { Projection } from '../session/projection.js';
import type { Session } from '../session/session.js';
import { received } from '../session/received-envelope.js';
import type { SessionStream } from '../session/session-stream.js';
import { ignoreReports, refusedReport, type AgentReport } from './agent-report.js';
import type { Bootstrap } from './bootstrap.js';
import type { CancelCallbackServer } from './cancel-callback-server.js';
import { Dispatcher, type DecisionPayloads, type EventHandler, type PhaseHandler, type TerminalHandler } from './dispatcher.js';
import { HandlerErrors } from './handler-errors.js';
import { isDoneWithin, Lifetime } from './lifetime.js';
import { joinSession, type PrepareKickoff } from './join-session.js';
import { OwnCancel } from './own-cancel.js';
import type { ParticipantConfig } from './participant-config.js';
import { createActions } from './participant-actions.js';
import { createContext, type ParticipantActions, type ParticipantContext } from './participant-context.js';
import type { ParticipantResult } from './participant-result.js';
import { Reception } from './reception.js';
import { openSessionOfMode } from './session-of-mode.js';
import { Timers } from './timers.js';

/** A runtime that is just starting gets this long to answer. */
const INITIALIZE_TIMEOUT_MS = 30_000;
/** After a cancel the stream gets this long to bring what was accepted before it. */
const CANCEL_DRAIN_MS = 1_000;
/** The handlers of the end get this long, all together. */
const TERMINAL_MS = 30_000;
const RETRY_MS = 1_000;

/**
 * One agent in one session: starts or joins it, hands its messages to handlers and strategies, and ends with it. Waits for a session
 * that does not exist yet, survives lost connections, and catches up with its own history when it is started again.
 * Constructing does no I/O. `run` leaves nothing open, so the process can exit by itself.
 */
export class Participant implements AsyncDisposable {
  readonly participantId: string;
  readonly sessionId: string;
  readonly mode: string;
  readonly client: MacpClient;
  readonly session: Session;
  readonly bootstrap: Bootstrap | undefined;
  readonly actions: ParticipantActions;
  /** What strategies have finished, by strategy and subject, so that others can wait for them. */
  readonly finished = new Map<string, Set<string>>();
  readonly #config: ParticipantConfig;
  readonly #auth: AuthConfig | undefined;
  readonly #logger: Logger;
  readonly #dispatcher = new Dispatcher();
  readonly #lifetime: Lifetime;
  readonly #timers: Timers;
  readonly #errors: HandlerErrors;
  readonly #reception: Reception;
  readonly #cancelling: OwnCancel;
  #running: Promise<ParticipantResult> | undefined;
  #stream: SessionStream | undefined;
  #ended: { state: ParticipantResult['state']; reason?: string } | undefined;
  #mayRepeat = false;
  #sentBefore = false;
  #prepareKickoff: PrepareKickoff | undefined;

  constructor(config: ParticipantConfig) {
    this.#config = config;
    this.#logger = config.logger ?? silentLogger;
    this.participantId = config.participantId;
    this.sessionId = config.sessionId;
    this.mode = config.mode;
    this.client = config.client;
    this.#auth = config.auth ?? config.client.auth;
    this.bootstrap = config.bootstrap;
    this.session = openSessionOfMode(config.client, config.mode, config);
    this.#lifetime = new Lifetime((sinceMs) => this.#errors.overdue(sinceMs));
    const { workSignal: signal } = this.#lifetime;
    this.#timers = new Timers(signal, (error) => this.#errors.handle(error));
    this.#errors = new HandlerErrors({
      participant: this,
      workSignal: signal,
      policy: config.onHandlerError ?? 'fail',
      logger: this.#logger,
      fail: () => this.#leave(),
      retryLater: () => void this.#timers.after(RETRY_MS, () => this.poke()),
    });
    this.#cancelling = new OwnCancel({
      session: this.session,
      participantId: this.participantId,
      report: (line) => this.report(line),
      logger: this.#logger,
      onCancelled: (state, reason) => this.#onCancelled(state, reason),
    });
    this.actions = createActions(this.session, signal, (report) => this.report(report), {
      cancel: async (reason = '') => void (await this.#cancelling.cancel(reason)),
      suspend: async (reason = '') => void (await this.session.suspend(reason, { signal })),
      resume: async (reason = '') => void (await this.session.resume(reason, { signal })),
    });
    const context = createContext(
      {
        participant: this,
        actions: this.actions,
        inputs: config.inputs ?? config.bootstrap?.session.context ?? {},
        signal,
        after: (delayMs, fn) => this.#timers.after(delayMs, fn),
        delay: (delayMs) => this.#timers.delay(delayMs),
        log: (message, details) => this.#logger.info(message, { participantId: this.participantId, sessionId: this.sessionId, ...details }),
      },
      () => this.#requireView(),
    );
    const { participantId, session } = this;
    this.#reception = new Reception({ participantId, session, dispatcher: this.#dispatcher, errors: this.#errors, context, signal: this.#lifetime.signal });
  }

  /** Credential of this agent: that of the config, else that of the client. */
  get auth(): AuthConfig | undefined {
    return this.#auth;
  }

  /** The folded session; undefined until the SessionStart is known. */
  get view(): SessionView | undefined {
    return this.session.view;
  }

  /** Query names over the view, those of the mode. */
  get projection(): Projection {
    return this.session.projection;
  }

  /** True when the session had begun before this agent joined, so that an earlier run of it may have acted already. */
  get mayRepeat(): boolean {
    return this.#mayRepeat;
  }

  /** True when the runtime had messages of this identity before this agent joined. */
  get sentBefore(): boolean {
    return this.#sentBefore;
  }

  /** Whether the run is over, or was told to end. */
  get isStopped(): boolean {
    return this.#lifetime.signal.aborted;
  }

  /**
   * Calls the handler for each accepted message of this type, or of every type with `*`, own ones included. Handlers are awaited in
   * order, so a slow one delays those behind it; long work belongs in a strategy. One that is at work when the session ends has
   * `ctx.signal` fire 250 ms later, and fails the run with TIMEOUT as the cause when it has not ended 30 s after that. Payloads are typed
   * for the decision mode.
   */
  on<T extends keyof DecisionPayloads>(messageType: T, handler: EventHandler<DecisionPayloads[T]>): this;
  on(messageType: string, handler: EventHandler): this;
  on(messageType: string, handler: EventHandler<never>): this {
    this.#dispatcher.on(messageType, handler as unknown as EventHandler);
    return this;
  }

  /** Calls the handler when the phase of the mode changes to this one, or to any with `*`. */
  onPhaseChange(phase: string, handler: PhaseHandler): this {
    this.#dispatcher.onPhaseChange(phase, handler);
    return this;
  }

  /** Calls the handler once, when the session has ended or this agent has stopped. All of them together get 30 s. */
  onTerminal(handler: TerminalHandler): this {
    this.#dispatcher.onTerminal(handler);
    return this;
  }

  /**
   * Calls the function after every change of the session, once earlier history is known; never twice at a time, in parallel to the
   * reading of messages. What strategies are made of: look at the state, do what is due.
   */
  onChange(react: (ctx: ParticipantContext) => void | Promise<void>): this {
    this.#reception.onChange(react);
    return this;
  }

  /** Calls the `onChange` functions although nothing has changed, e.g. when a wait of a strategy is over. */
  poke(): void {
    this.#reception.changed();
  }

  /** The same as `prepareKickoff` of `fromBootstrap`, and wins over it; no effect for an agent that starts no session. */
  prepareKickoff(prepare: PrepareKickoff): this {
    this.#prepareKickoff = prepare;
    return this;
  }

  /** Adds a strategy. */
  use(strategy: (participant: Participant) => void): this {
    strategy(this);
    return this;
  }

  /** Sends one line to whoever started this process. */
  report(report: AgentReport): void {
    (this.#config.report ?? ignoreReports)(report);
  }

  /** Makes `run` close this listener when it ends. */
  attachCancelCallbackServer(server: CancelCallbackServer): void {
    this.#cancelling.attach(server);
  }

  /**
   * Handles one accepted envelope as if the session stream had brought it, for tests without a runtime: folds it into the view and
   * calls handlers and strategies. Resolves when they are done; their errors come out of `run`, which this does not start, so here
   * they are thrown.
   */
  async processEvent(envelope: Envelope): Promise<void> {
    if (!this.#reception.hasBegun) this.#reception.begin(0);
    this.projection.applyEnvelope(envelope);
    await this.#reception.receive(received({ ...envelope }, this.view?.ordinal ?? 0));
    await this.#reception.idle();
    if (this.#errors.failure !== undefined) throw this.#errors.failure;
  }

  /**
   * Takes part until the session has ended. Aborting the signal is the same as `stop()`. A second call gives back the first run.
   * Fails with HANDLER_FAILED, with what the runtime refused, or with what broke the connection for good.
   */
  run(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ParticipantResult> {
    this.#running ??= this.#run(options.signal);
    return this.#running;
  }

  /** Leaves: the session goes on without this agent. Idempotent; `run` resolves with STOPPED, at the latest 5 s later whatever a handler does. */
  stop(reason = 'stopped'): void {
    this.#ended ??= { state: 'STOPPED', reason };
    this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    // Whoever called `run` gets its error.
    await this.#running?.catch(() => undefined);
  }

  #leave(): void {
    this.#stream?.close();
    this.#lifetime.leave();
  }

  async #run(signal: AbortSignal | undefined): Promise<ParticipantResult> {
    const onAbort = (): void => this.stop('aborted by the caller');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      await this.#takePart();
      const result = await this.#result();
      if (this.#errors.failure === undefined) await this.#tellEnd(result);
      if (this.#errors.failure !== undefined) throw this.#errors.failure;
      this.report({ type: 'ended', state: result.state, ...(result.reason !== undefined && { reason: result.reason }) });
      return result;
    } catch (error) {
      const reason = isMacpError(error) ? describeError(error) : 'the run failed';
      this.report({ type: 'ended', state: 'FAILED', reason });
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await this.#close();
    }
  }

  async #takePart(): Promise<void> {
    try {
      const { signal } = this.#lifetime;
      signal.throwIfAborted();
      await this.#cancelling.listen(this.#config.cancelCallback, this.#config.runId);
      if (this.client.runtime === undefined) await this.client.initialize({ signal, timeoutMs: INITIALIZE_TIMEOUT_MS });
      const { url } = this.#cancelling;
      this.report({ type: 'ready', participantId: this.participantId, ...(url !== undefined && { cancelCallbackUrl: url }) });
      const { session, participantId, auth } = this;
      const joining = joinSession({
        session,
        participantId,
        auth,
        initiator: this.#config.initiator && { ...this.#config.initiator, ...(this.#prepareKickoff && { prepareKickoff: this.#prepareKickoff }) },
        signal,
        report: (line) => this.report(line),
        logger: this.#logger,
      });
      const joined = await this.#lifetime.wait(joining);
      if (joined === undefined) return;
      this.#mayRepeat = joined.existed;
      this.#sentBefore = joined.ownMessages > 0;
      this.#reception.begin(joined.ownMessages);
      await this.#read();
    } catch (error) {
      // What fails because the agent was told to leave is not a failure.
      if (this.#errors.failure === undefined && this.isStopped && this.#ended !== undefined) return;
      throw this.#errors.failure ?? error;
    }
  }

  async #read(): Promise<void> {
    const { waitForSessionMs } = this.#config;
    const stream = this.session.openStream({ waitForSessionMs });
    this.#stream = stream;
    stream.onLifecycle(({ state }) => {
      this.poke();
      if (isTerminal(state)) this.#lifetime.sessionEnded();
    });
    void stream.ended.then(() => this.#lifetime.sessionEnded());
    if (this.isStopped) stream.close();
    try {
      for await (const envelope of stream) await this.#lifetime.wait(this.#reception.receive(envelope));
    } catch (error) {
      // The first thing that a wrong credential fails at.
      if (isMacpError(error) && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN')) this.report(refusedReport(error, 'StreamSession'));
      throw error;
    }
  }

  #onCancelled(state: 'CANCELLED' | 'EXPIRED', reason: string): void {
    this.#ended ??= { state, ...(state === 'CANCELLED' && { reason }) };
    const stream = this.#stream;
    // Without a stream there is nothing to wait for.
    if (stream === undefined) {
      this.#lifetime.leave();
      return;
    }
    const timer = setTimeout(() => stream.close(), CANCEL_DRAIN_MS);
    void stream.ended.then(() => clearTimeout(timer));
  }

  async #tellEnd(result: ParticipantResult): Promise<void> {
    const who = `a terminal handler of ${this.participantId}`;
    let done: boolean;
    try {
      done = await isDoneWithin(TERMINAL_MS, this.#dispatcher.dispatchTerminal(result));
    } catch (error) {
      throw new MacpError('HANDLER_FAILED', `${who} failed in session ${this.sessionId}`, { cause: error });
    }
    if (!done) throw new MacpError('HANDLER_FAILED', `${who} did not end within ${TERMINAL_MS} ms in session ${this.sessionId}`);
  }

  async #result(): Promise<ParticipantResult> {
    await this.#cancelling.settled();
    await this.#lifetime.settle(this.#reception.idle());
    const commitment = this.view?.commitment;
    if (commitment !== undefined) return { state: 'RESOLVED', commitment };
    const { state } = this.#stream ?? {};
    if (this.#ended !== undefined && (this.#ended.state !== 'STOPPED' || state === undefined || !isTerminal(state))) return this.#ended;
    if (state === undefined || !isTerminal(state)) return { state: 'STOPPED', reason: 'the session stream ended' };
    const reason = this.view?.cancelled?.reason;
    return { state: state as 'RESOLVED' | 'EXPIRED' | 'CANCELLED', ...(reason !== undefined && reason !== '' && { reason }) };
  }

  async #close(): Promise<void> {
    this.#lifetime.end();
    this.#reception.stop();
    await this.session[Symbol.asyncDispose]();
    await this.#cancelling.close();
    if (this.#config.ownsClient === true) this.client.close();
  }

  #requireView(): SessionView {
    const { view } = this;
    if (view !== undefined) return view;
    throw new MacpError('SESSION_NOT_FOUND', `session ${this.sessionId} has not started: there is no view of it yet`);
  }
}
