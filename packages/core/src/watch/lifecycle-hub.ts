import { fromWireState, isTerminal, type SessionLifecycleEvent, type SessionMetadata, type SessionState } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import type { AuthConfig } from '../auth.js';
import { MacpSdkError, MacpTransportError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import { backoffMs, sleep } from '../rpc/retry.js';
import { RecentMap } from '../session/recent-map.js';

/** A session changed its state, as the runtime reported it. */
export interface LifecycleChange {
  readonly sessionId: string;
  readonly state: SessionState;
  /** The state that was known before; undefined for the first report. */
  readonly previous: SessionState | undefined;
  readonly observedAtUnixMs: number;
  readonly metadata?: SessionMetadata | undefined;
}

type Listener = (change: LifecycleChange) => void;

interface Followed {
  readonly listeners: Set<Listener>;
  state?: SessionState | undefined;
  expiresAtUnixMs: number;
}

interface Seen {
  state: SessionState;
  expiresAtUnixMs: number;
}

const RECONNECT = { baseMs: 100, maxMs: 5_000 };
/** Sessions whose state is remembered although nobody follows them yet. */
const SEEN = 1_000;

const EVENT_STATE: Partial<Record<SessionLifecycleEvent['eventType'], SessionState>> = {
  EVENT_TYPE_RESOLVED: 'RESOLVED',
  EVENT_TYPE_EXPIRED: 'EXPIRED',
  EVENT_TYPE_SUSPENDED: 'SUSPENDED',
  EVENT_TYPE_RESUMED: 'OPEN',
  EVENT_TYPE_CANCELLED: 'CANCELLED',
};

/**
 * State changes of the sessions that somebody follows, from one shared WatchSessions call: session streams do not carry them
 *. Runs only while a session is followed.
 */
export class LifecycleHub {
  readonly #connection: Connection;
  readonly #auth: AuthConfig | undefined;
  readonly #followed = new Map<string, Followed>();
  /** What the watch has told so far, without a gap; a session in it needs no GetSession. */
  #seen = new RecentMap<Seen>(SEEN);
  #holders = 0;
  #running: AbortController | undefined;
  /** WatchSessions is not to be had here: every session is polled. */
  #pollAll = false;

  constructor(connection: Connection, auth: AuthConfig | undefined) {
    this.#connection = connection;
    this.#auth = auth;
  }

  /** Reports the current state, when there is one, and every change after it. Returns what ends it. */
  follow(sessionId: string, listener: Listener): () => void {
    const seen = this.#seen.get(sessionId);
    const followed = this.#followed.get(sessionId) ?? {
      listeners: new Set<Listener>(),
      state: seen?.state,
      expiresAtUnixMs: seen?.expiresAtUnixMs ?? 0,
    };
    followed.listeners.add(listener);
    this.#followed.set(sessionId, followed);
    if (this.#running === undefined) this.#start();
    else if (followed.state === undefined) this.#background(this.#poll(sessionId), 'GetSession');
    else listener({ sessionId, state: followed.state, previous: undefined, observedAtUnixMs: Date.now() });
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size > 0) return;
      this.#followed.delete(sessionId);
      this.#stopUnlessUsed();
    };
  }

  /** Keeps the watch running between sessions, for a process that follows one after the other. Returns what ends it. */
  hold(): () => void {
    this.#holders += 1;
    if (this.#running === undefined) this.#start();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      this.#stopUnlessUsed();
    };
  }

  #start(): void {
    const controller = new AbortController();
    this.#running = controller;
    this.#background(this.#watch(controller.signal), 'WatchSessions');
    this.#background(this.#pollLoop(controller.signal), 'GetSession');
  }

  #stopUnlessUsed(): void {
    if (this.#followed.size > 0 || this.#holders > 0) return;
    this.#running?.abort();
    this.#running = undefined;
    this.#forget();
  }

  /** Nothing is known any more without asking. */
  #forget(): void {
    this.#seen = new RecentMap(SEEN);
  }

  /** These loops report through listeners; what ends them early is logged, because nobody awaits them. */
  #background(work: Promise<void>, what: string): void {
    work.catch((error: unknown) => {
      if (error instanceof MacpSdkError && (error.code === 'ABORTED' || error.code === 'CLOSED')) return;
      this.#connection.logger.warn(`${what} for the lifecycle of sessions ended`, { error });
    });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const { event } of this.#connection.serverStream(runtimeService.WatchSessions, {}, { auth: this.#auth, signal }, 'WatchSessions')) {
          attempt = 0;
          if (event !== undefined) this.#onEvent(event);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#forget();
        if (isPermanent(error)) {
          this.#pollAll = true;
          this.#connection.logger.warn('WatchSessions is refused; the state of sessions is polled instead', { error });
          return;
        }
      }
      if (signal.aborted) return;
      this.#forget();
      await sleep(backoffMs(Math.max(1, attempt), RECONNECT), signal, 'WatchSessions');
    }
  }

  #onEvent(event: SessionLifecycleEvent): void {
    const { session } = event;
    // Metadata is read when the event is sent and can be gone by then: ask for every followed session.
    if (session === undefined) {
      this.#forget();
      for (const sessionId of this.#followed.keys()) this.#background(this.#poll(sessionId), 'GetSession');
      return;
    }
    const state = EVENT_STATE[event.eventType] ?? fromWireState(session.state);
    if (state === undefined) return;
    this.#remember(session, state);
    if (this.#followed.has(session.sessionId)) this.#report(session, state, event.observedAtUnixMs);
  }

  #remember({ sessionId, expiresAtUnixMs }: SessionMetadata, state: SessionState): void {
    const seen = this.#seen.get(sessionId);
    if (seen === undefined) this.#seen.add(sessionId, { state, expiresAtUnixMs });
    else if (!isTerminal(seen.state)) Object.assign(seen, { state, expiresAtUnixMs });
  }

  /** GetSession where the watch cannot tell: no WatchSessions, a suspended session over its cap, a deadline nobody noticed. */
  async #pollLoop(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#connection.resolved.lifecyclePollMs, signal, 'GetSession');
      for (const [sessionId, followed] of this.#followed) {
        const overdue = followed.expiresAtUnixMs > 0 && Date.now() > followed.expiresAtUnixMs;
        if (this.#pollAll || followed.state === 'SUSPENDED' || (overdue && followed.state === 'OPEN')) await this.#poll(sessionId);
      }
    }
  }

  async #poll(sessionId: string): Promise<void> {
    const signal = this.#running?.signal;
    try {
      const settings = { what: 'GetSession', repeatable: true, context: { sessionId } };
      const { metadata } = await this.#connection.unary(runtimeService.GetSession, { sessionId }, { auth: this.#auth, signal }, settings);
      const state = metadata === undefined ? undefined : fromWireState(metadata.state);
      if (metadata !== undefined && state !== undefined) this.#report(metadata, state, Date.now());
    } catch (error) {
      // Not there yet, not ours to read, or the runtime is away: the stream of the session tells its reader.
      this.#connection.logger.debug('GetSession gave no state', { sessionId, error });
    }
  }

  #report(metadata: SessionMetadata, state: SessionState, observedAtUnixMs: number): void {
    const followed = this.#followed.get(metadata.sessionId);
    if (followed === undefined) return;
    followed.expiresAtUnixMs = metadata.expiresAtUnixMs;
    const previous = followed.state;
    if (previous === state || (previous !== undefined && isTerminal(previous))) return;
    followed.state = state;
    for (const listener of followed.listeners) listener({ sessionId: metadata.sessionId, state, previous, observedAtUnixMs, metadata });
  }
}

function isPermanent(error: unknown): boolean {
  if (!(error instanceof MacpSdkError)) return true;
  if (error instanceof MacpTransportError && (error.grpcStatus === 'UNIMPLEMENTED' || error.grpcStatus === 'INVALID_ARGUMENT')) return true;
  return ['FORBIDDEN', 'UNAUTHENTICATED', 'CREDENTIAL_REQUIRED', 'CLOSED'].includes(error.code);
}
