import { Auth, Session, type LifecycleChange, type MacpClient, type ReceivedEnvelope, type SessionStream } from '@macp-agent/core';
import { isMacpError, type SessionState, type SessionView } from '@macp-agent/protocol';

export interface ObserverOptions {
  readonly client: MacpClient;
  readonly mode: string;
  readonly sessionId: string;
  /** Reads the session where the client's own identity may not. */
  readonly initiatorToken: string;
  readonly onForbidden: () => void;
  /** How long to wait for a SessionStart and for a lost connection, in milliseconds. */
  readonly patienceMs: number;
  readonly onEnvelope: (envelope: ReceivedEnvelope, view: SessionView | undefined) => void;
  readonly onLifecycle: (change: LifecycleChange) => void;
}

/** Reads one session as it happens: accepted envelopes in order, and the changes of state that no envelope carries. Writes nothing. */
export class Observer {
  /** Settles when the session has ended, or when reading is over; rejects with the failure of the connection. */
  readonly ended: Promise<void>;
  readonly #options: ObserverOptions;
  #session: Session;
  #stream: SessionStream;
  #closed = false;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#session = new Session(options.client, options.mode, { sessionId: options.sessionId });
    this.#stream = this.#open();
    this.ended = this.#read();
    // The caller may look at it late; a failure is then still there.
    this.ended.catch(() => undefined);
  }

  get view(): SessionView | undefined {
    return this.#session.view;
  }

  /** Last known state; undefined before the session exists. */
  get state(): SessionState | undefined {
    return this.#stream.state ?? this.#session.view?.state;
  }

  close(): void {
    this.#closed = true;
    this.#stream.close();
  }

  #open(): SessionStream {
    const { patienceMs, onLifecycle } = this.#options;
    const stream = this.#session.openStream({ waitForSessionMs: patienceMs, reconnectForMs: patienceMs });
    stream.onLifecycle(onLifecycle);
    return stream;
  }

  async #read(): Promise<void> {
    try {
      await this.#deliver();
    } catch (error) {
      if (this.#closed && isMacpError(error)) return;
      const unseen = this.#session.view === undefined;
      if (!unseen || !isMacpError(error) || error.code !== 'FORBIDDEN') throw error;
      await this.#readAsInitiator();
    }
  }

  /** Not every runtime knows its runner as an observer (runtime.md §17); participants may always read their session. */
  async #readAsInitiator(): Promise<void> {
    const { client, mode, sessionId, initiatorToken, onForbidden } = this.#options;
    onForbidden();
    this.#session = new Session(client, mode, { sessionId, auth: Auth.bearer(initiatorToken) });
    this.#stream = this.#open();
    try {
      await this.#deliver();
    } catch (error) {
      if (this.#closed && isMacpError(error)) return;
      throw error;
    }
  }

  async #deliver(): Promise<void> {
    for await (const envelope of this.#stream) this.#options.onEnvelope(envelope, this.#session.view);
  }
}
