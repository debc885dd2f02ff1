import { fromWireState, isTerminal, type SessionLifecycleEvent, type SessionMetadata, type SessionState } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import type { AuthConfig } from '../auth.js';
import { MacpSdkError, MacpTransportError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import { backoffMs, sleep } from '../rpc/retry.js';

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

const RECONNECT = { baseMs: 100, maxMs: 5_000 };

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
  #running: AbortController | undefined;
  /** WatchSessions is not to be had here: every session is polled. */
  #pollAll = false;

  constructor(connection: Connection, auth: AuthConfig | undefined) {
    this.#connection = connection;
    this.#auth = auth;
  }

  /** Reports the current state, when there is one, and every change after it. Returns what ends it. */
  follow(sessionId: string, listener: Listener): () => void {
    const followed = this.#followed.get(sessionId) ?? { listeners: new Set<Listener>(), expiresAtUnixMs: 0 };
    followed.listeners.add(listener);
    this.#followed.set(sessionId, followed);
    if (this.#running === undefined) this.#start();
    else if (followed.state === undefined) this.#background(this.#poll(sessionId), 'GetSession');
    else listener({ sessionId, state: followed.state, previous: undefined, observedAtUnixMs: Date.now() });
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size > 0) return;
      this.#followed.delete(sessionId);
      if (this.#followed.size === 0) this.#stop();
    };
  }

  #start(): void {
    const controller = new AbortController();
    this.#running = controller;
    this.#background(this.#watch(controller.signal), 'WatchSessions');
    this.#background(this.#pollLoop(controller.signal), 'GetSession');
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
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
        if (isPermanent(error)) {
          this.#pollAll = true;
          this.#connection.logger.warn('WatchSessions is refused; the state of sessions is polled instead', { error });
          return;
        }
      }
      await sleep(backoffMs(Math.max(1, attempt), RECONNECT), signal, 'WatchSessions');
    }
  }

  #onEvent(event: SessionLifecycleEvent): void {
    const { session } = event;
    // Metadata is read when the event is sent and can be gone by then: ask for every followed session.
    if (session === undefined) {
      for (const sessionId of this.#followed.keys()) this.#background(this.#poll(sessionId), 'GetSession');
      return;
    }
    if (!this.#followed.has(session.sessionId)) return;
    const state = EVENT_STATE[event.eventType] ?? fromWireState(session.state);
    if (state !== undefined) this.#report(session, state, event.observedAtUnixMs);
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
