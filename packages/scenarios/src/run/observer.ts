import { Session, type LifecycleChange, type MacpClient, type ReceivedEnvelope, type SessionStream } from '@macp-agent/core';
import { isMacpError, type SessionState, type SessionView } from '@macp-agent/protocol';

export interface ObserverOptions {
  readonly client: MacpClient;
  readonly mode: string;
  readonly sessionId: string;
  /** How long to wait for a SessionStart and for a lost connection, in milliseconds. */
  readonly patienceMs: number;
  readonly onEnvelope: (envelope: ReceivedEnvelope, view: SessionView | undefined) => void;
  readonly onLifecycle: (change: LifecycleChange) => void;
}

/** Reads one session as it happens: accepted envelopes in order, and the changes of state that no envelope carries. Writes nothing. */
export class Observer {
  /** Settles when the session has ended, or when reading is over; rejects with the failure of the connection. */
  readonly ended: Promise<void>;
  readonly #session: Session;
  readonly #stream: SessionStream;
  #closed = false;

  constructor(options: ObserverOptions) {
    const { client, mode, sessionId, patienceMs } = options;
    this.#session = new Session(client, mode, { sessionId });
    this.#stream = this.#session.openStream({ waitForSessionMs: patienceMs, reconnectForMs: patienceMs });
    this.#stream.onLifecycle(options.onLifecycle);
    this.ended = this.#read(options);
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

  async #read({ onEnvelope }: ObserverOptions): Promise<void> {
    try {
      for await (const envelope of this.#stream) onEnvelope(envelope, this.#session.view);
    } catch (error) {
      if (this.#closed && isMacpError(error)) return;
      throw error;
    }
  }
}
