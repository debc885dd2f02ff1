import type { MacpClient } from '@macp-agent/core';
import { fromWireState, isMacpError, type SessionLifecycleEvent, type SessionState } from '@macp-agent/protocol';
import { setTimeout as delay } from 'node:timers/promises';

const EVENT_STATE: Partial<Record<SessionLifecycleEvent['eventType'], SessionState>> = {
  EVENT_TYPE_RESOLVED: 'RESOLVED',
  EVENT_TYPE_EXPIRED: 'EXPIRED',
  EVENT_TYPE_SUSPENDED: 'SUSPENDED',
  EVENT_TYPE_RESUMED: 'OPEN',
  EVENT_TYPE_CANCELLED: 'CANCELLED',
};
const RECONNECT_MS = 500;

/** The states of many sessions from one WatchSessions call. */
export class SessionWatch {
  readonly #client: MacpClient;
  readonly #followed = new Map<string, (state: SessionState) => void>();
  readonly #over = new AbortController();
  #isBlind = false;

  constructor(client: MacpClient) {
    this.#client = client;
    void this.#run();
  }

  /** The runtime tells this identity nothing about sessions. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** Calls back for each change of one session. Returns what ends it. */
  follow(sessionId: string, listener: (state: SessionState) => void): () => void {
    this.#followed.set(sessionId, listener);
    return () => void this.#followed.delete(sessionId);
  }

  /** Idempotent. */
  close(): void {
    this.#over.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        for await (const { session, eventType } of this.#client.watchSessions({ signal })) {
          const state = EVENT_STATE[eventType] ?? (session === undefined ? undefined : fromWireState(session.state));
          if (session !== undefined && state !== undefined) this.#followed.get(session.sessionId)?.(state);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isMacpError(error)) throw error;
        this.#isBlind = !error.retryable;
        if (this.#isBlind) return;
      }
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      await this.#catchUp();
    }
  }

  /** What happened while the watch was away. */
  async #catchUp(): Promise<void> {
    for (const [sessionId, listener] of this.#followed) {
      if (this.#over.signal.aborted) return;
      try {
        const { metadata } = await this.#client.getSession(sessionId, { signal: this.#over.signal });
        const state = fromWireState(metadata.state);
        if (state !== undefined) listener(state);
      } catch (error) {
        // Not started yet, or the runtime is away again; the next event or the limit of the case tells.
        if (!isMacpError(error)) throw error;
      }
    }
  }
}
