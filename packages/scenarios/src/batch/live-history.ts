import { Auth, type AuthConfig, type MacpStream } from '@macp-agent/core';
import { isMacpError, type Envelope } from '@macp-agent/protocol';
import type { HistoryOptions } from './read-history.js';

/** What a runtime has left to hand over when a session has ended comes within this time. */
const REST_MS = 10_000;

/** The accepted envelopes of a session, read while it lasts: a runtime may drop the history of a session with its end (runtime.md §13). */
export class LiveHistory {
  readonly #options: HistoryOptions;
  #envelopes: Envelope[] = [];
  #stream: MacpStream | undefined;
  #reading: Promise<boolean> | undefined;
  #isOver = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Begins to read, when there is a session. Idempotent. */
  start(): void {
    if (!this.#isOver) this.#reading ??= this.#read();
  }

  /** What was accepted, now that the session has ended; undefined when it could not be followed to its end. */
  async finish(state: string): Promise<Envelope[] | undefined> {
    this.#isOver = true;
    this.#stream?.close();
    const timer = setTimeout(() => this.cancel(), REST_MS);
    const whole = await this.#reading;
    clearTimeout(timer);
    if (whole !== true || (state === 'RESOLVED' && this.#envelopes.at(-1)?.messageType !== 'Commitment')) return undefined;
    return this.#envelopes;
  }

  /** Reads no more. Idempotent. */
  cancel(): void {
    this.#isOver = true;
    this.#stream?.cancel();
  }

  /** Whether the stream came to an end by itself. Never rejects for what a runtime does: the history is then read after the end. */
  async #read(): Promise<boolean> {
    try {
      if (await this.#readAs(undefined)) return true;
      // Not a session that the runner may see.
      return await this.#readAs(Auth.bearer(this.#options.initiatorToken));
    } catch (error) {
      if (isMacpError(error)) return false;
      throw error;
    }
  }

  /** False when this identity may not read the session. */
  async #readAs(auth: AuthConfig | undefined): Promise<boolean> {
    const { client, sessionId } = this.#options;
    await using stream = client.openStream(auth);
    this.#stream = stream;
    this.#envelopes = [];
    let refused = false;
    stream.onInlineError(({ code }) => {
      refused ||= code === 'FORBIDDEN';
      // Nothing comes after it.
      if (refused) stream.cancel();
    });
    await stream.sendSubscribe(sessionId);
    if (this.#isOver) stream.close();
    for (let envelope = await stream.read(); envelope !== null; envelope = await stream.read()) {
      this.#envelopes.push(envelope);
      if (envelope.messageType === 'Commitment') break;
    }
    return !refused && this.#envelopes.length > 0;
  }
}
