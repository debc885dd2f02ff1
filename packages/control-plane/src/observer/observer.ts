import {
  fromWireState,
  describeError,
  isMacpError,
  isSessionId,
  traceIdOf,
  type SessionLifecycleEvent,
  type SessionMetadata,
  type SessionState,
} from '@macp-agent/protocol';
import { newRun } from '../model/new-run.js';
import { isEnded, type Run } from '../model/run.js';
import { Backoff } from './backoff.js';
import { giveUpLeft, giveUpUnbegun } from './give-up-run.js';
import { KeyedQueue } from './keyed-queue.js';
import { runEvent } from './lifecycle-events.js';
import type { RuntimeFacts } from './runtime-link.js';
import { SessionRecorder, type RecorderParts } from './session-recorder.js';
import { SignalInbox } from './signal-inbox.js';

/** How the connection to the runtime stands. */
export interface ObserverHealth {
  readonly connected: boolean;
  readonly runtime: RuntimeFacts | undefined;
  /** Why not, in one sentence. */
  readonly problem: string | undefined;
  readonly following: number;
}

/** Options of `Observer`. */
export interface ObserverOptions extends RecorderParts {
  /** How often overdue sessions and runs that never began are looked at. */
  readonly sweepMs: number;
  /** How long after its ttlMs a posted run may wait for its SessionStart. */
  readonly bindGraceMs: number;
}

const EVENT_STATE: Partial<Record<SessionLifecycleEvent['eventType'], SessionState>> = {
  EVENT_TYPE_RESOLVED: 'RESOLVED',
  EVENT_TYPE_EXPIRED: 'EXPIRED',
  EVENT_TYPE_SUSPENDED: 'SUSPENDED',
  EVENT_TYPE_RESUMED: 'OPEN',
  EVENT_TYPE_CANCELLED: 'CANCELLED',
};

/** Sessions whose news are being recorded at one time; past it the watch waits. */
const MAX_NEWS = 512;

/** Finds every session of a runtime and records it. Sends nothing; begins with `start()`. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #stop = new AbortController();
  readonly #recorders = new Map<string, { recorder: SessionRecorder; work: Promise<void> }>();
  /** News of each session, in order. */
  readonly #news = new KeyedQueue();
  readonly #signals: SignalInbox;
  #loops: Promise<void>[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #connected = false;
  #runtime: RuntimeFacts | undefined;
  #problem: string | undefined = 'not connected yet';

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#signals = new SignalInbox(options.store);
  }

  /**
   * Ends every unfinished run of the record, before `start()`: the runtime was made by this process, so that no session of an
   * earlier one can be there. Their agents were told by their own connections, or died with whoever started them.
   */
  async endLeft(): Promise<void> {
    const { store, nowUnixMs } = this.#options;
    for (const { id, status } of store.list()) if (!isEnded(status)) await giveUpLeft(store, id, nowUnixMs());
  }

  /** Goes on with unfinished runs and watches for new ones, for as long as it takes to reach the runtime. */
  start(): void {
    if (this.#loops.length > 0) return;
    for (const run of this.#options.store.list()) if (!isEnded(run.status) && run.lastOrdinal > 0) this.#recorder(run);
    this.#loops = [
      this.#keep('WatchSessions', (signal) => this.#watchSessions(signal)),
      this.#keep('WatchSignals', (signal) => this.#signals.take(this.#options.link.watchSignals(signal))),
    ];
    this.#sweep = setInterval(() => void this.#sweepOnce(), this.#options.sweepMs);
  }

  health(): ObserverHealth {
    return { connected: this.#connected, runtime: this.#runtime, problem: this.#problem, following: this.#recorders.size };
  }

  /** Takes a state that somebody else read, such as the confirmation of a cancel. */
  async onState(run: Run, state: SessionState): Promise<void> {
    if (!isEnded(run.status)) await this.#recorder(run).onState(state, undefined, 'GetSession');
  }

  /** Ends every loop and stream. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#sweep);
    await Promise.all([...this.#loops, this.#news.idle(), ...[...this.#recorders.values()].map(({ recorder }) => recorder.close())]);
    this.#recorders.clear();
  }

  async #keep(what: string, once: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const backoff = new Backoff(this.#options.retryBaseMs, this.#options.retryMaxMs);
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        await once(signal);
        if (what === 'WatchSessions') this.#disconnected('the runtime ended the watch');
      } catch (error) {
        if (signal.aborted) return;
        // After a burst a runtime drops a reader that is behind. Nothing is lost: this watch begins with every session there is.
        if (what === 'WatchSessions' && isMacpError(error) && error.code === 'RATE_LIMITED') {
          this.#options.logger.info('WatchSessions was behind; it begins anew');
        } else {
          if (what === 'WatchSessions') this.#disconnected(describeError(error));
          this.#options.logger.warn(`${what} ended; trying again`, { error: String(error) });
        }
      }
      if (performance.now() - startedMs > this.#options.retryMaxMs) backoff.reset();
      await backoff.wait(signal);
    }
  }

  #disconnected(problem: string): void {
    this.#connected = false;
    this.#problem = problem;
  }

  async #watchSessions(signal: AbortSignal): Promise<void> {
    this.#runtime = await this.#options.link.initialize(signal);
    this.#connected = true;
    this.#problem = undefined;
    const failed = new AbortController();
    try {
      for await (const event of this.#options.link.watchSessions(AbortSignal.any([signal, failed.signal]))) {
        if (event.session === undefined) await this.#askAll();
        else await this.#takeNews(event.session, event, failed);
      }
    } catch (error) {
      throw failed.signal.aborted ? failed.signal.reason : error;
    }
  }

  /**
   * One session after another would fall behind a burst of them, and the runtime then drops the watch; news of one session stay in
   * order. What cannot be recorded ends the watch: the next one begins with every session there is.
   */
  async #takeNews(session: SessionMetadata, { eventType }: SessionLifecycleEvent, failed: AbortController): Promise<void> {
    const state = EVENT_STATE[eventType] ?? fromWireState(session.state) ?? 'OPEN';
    const taken = this.#news.run(session.sessionId, async () => {
      try {
        await this.#onSession(session, state, eventType);
      } catch (error) {
        failed.abort(error);
      }
    });
    if (this.#news.size >= MAX_NEWS) await taken;
  }

  async #onSession(session: SessionMetadata, state: SessionState, rawType: string): Promise<void> {
    // Ids become file names, so one that no SessionStart could have had is not taken.
    if (!isSessionId(session.sessionId)) {
      this.#options.logger.warn('a session with an id that is not valid is not recorded', { sessionId: session.sessionId.slice(0, 128) });
      return;
    }
    const known = this.#options.store.bySession(session.sessionId);
    if (known === undefined && this.#options.store.wasRemoved(session.sessionId)) return;
    const run = known ?? (await this.#discover(session));
    if (isEnded(run.status)) return;
    await this.#recorder(run).onState(state, session, rawType);
    await this.#signals.release(run);
  }

  async #discover(session: SessionMetadata): Promise<Run> {
    const now = new Date(this.#options.nowUnixMs()).toISOString();
    const metadata = {
      source: 'session-discovery',
      discoveredAt: now,
      initiator: session.initiator,
      modeName: session.mode,
      policyVersion: session.policyVersion,
    };
    const run = newRun(session.sessionId, now, { traceId: traceIdOf(session.sessionId), sourceKind: 'session-discovery', metadata });
    const data = { status: run.status, modeName: session.mode, runtimeKind: run.runtimeKind, source: 'session-discovery' };
    return this.#options.store.create(run, [runEvent('run.created', run, data)]);
  }

  #recorder(run: Run): SessionRecorder {
    const known = this.#recorders.get(run.id);
    if (known !== undefined) return known.recorder;
    const recorder = new SessionRecorder(this.#options, run);
    const work = this.#follow(run, recorder);
    this.#recorders.set(run.id, { recorder, work });
    return recorder;
  }

  async #follow(run: Run, recorder: SessionRecorder): Promise<void> {
    try {
      await recorder.start();
    } catch (error) {
      // The next news of this session makes a new recorder, which goes on after the last stored envelope.
      this.#options.logger.error('recording a session failed', { runId: run.id, error: String(error) });
    } finally {
      this.#recorders.delete(run.id);
    }
  }

  /** An event without metadata does not say which session it is about. */
  async #askAll(): Promise<void> {
    for (const run of this.#options.store.list()) if (!isEnded(run.status) && run.lastOrdinal > 0) await this.#ask(run);
  }

  async #ask(run: Run): Promise<void> {
    try {
      const session = await this.#options.link.getSession(run.runtimeSessionId, this.#stop.signal);
      await this.#onSession(session, fromWireState(session.state) ?? 'OPEN', 'GetSession');
    } catch (error) {
      this.#options.logger.debug('GetSession gave no state', { runId: run.id, error: String(error) });
    }
  }

  async #sweepOnce(): Promise<void> {
    const now = this.#options.nowUnixMs();
    for (const run of this.#options.store.list()) {
      if (isEnded(run.status)) continue;
      // A recorder that failed, for want of space say, is replaced here.
      if (run.lastOrdinal > 0) this.#recorder(run);
      const ttlMs = typeof run.metadata['ttlMs'] === 'number' ? run.metadata['ttlMs'] : 0;
      const overdue = now > Date.parse(run.startedAt ?? run.createdAt) + ttlMs;
      // Asking is also what makes a runtime notice that a deadline has passed (runtime.md §7.1).
      if (overdue && this.#connected) await this.#ask(run);
      const waitedMs = now - Date.parse(run.createdAt);
      if (run.lastOrdinal === 0 && this.#connected && waitedMs > ttlMs + this.#options.bindGraceMs) await giveUpUnbegun(this.#options.store, run.id, now);
    }
  }
}
