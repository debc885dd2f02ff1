import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Envelope, StreamSessionRequest, StreamSessionResponse } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { guardSender, type AuthConfig } from '../auth.js';
import type { ReadOptions } from '../call-options.js';
import { MacpSdkError, MacpTimeoutError } from '../errors.js';
import { EnvelopeBuffer } from '../session/envelope-buffer.js';
import type { Connection } from './connection.js';
import { onAbort } from './on-abort.js';
import { abortedError, refusalCode } from './status.js';

type Call = ClientDuplexStream<StreamSessionRequest, StreamSessionResponse>;

const BUFFER_SIZE = 256;
const WHAT = 'StreamSession';

/**
 * One StreamSession call as it is on the wire (RFC-MACP-0006 §3): write envelopes or a subscribe frame, read what comes. No reconnect
 * and no acknowledgements; `Session.openStream()` has both.
 */
export class MacpStream implements AsyncIterable<Envelope> {
  readonly #connection: Connection;
  readonly #auth: AuthConfig | undefined;
  readonly #listeners = new Set<(error: { code: string; message: string }) => void>();
  readonly #buffer: EnvelopeBuffer<Envelope>;
  readonly #signal: AbortSignal | undefined;
  readonly #opening: Promise<Call>;
  #call: Call | undefined;
  readonly #cancelled = new AbortController();
  #closed = false;

  constructor(connection: Connection, auth: AuthConfig | undefined, signal?: AbortSignal) {
    this.#connection = connection;
    this.#auth = auth;
    this.#signal = signal;
    this.#buffer = new EnvelopeBuffer<Envelope>(BUFFER_SIZE, () => this.#call?.resume());
    if (signal?.aborted === true) this.#cancel(abortedError(WHAT, signal));
    this.#opening = this.#open();
    this.#opening.catch((error: unknown) => this.#buffer.end(error));
  }

  /** Writes one envelope; a refusal comes to `onInlineError`, or ends the stream. TIMEOUT when the runtime takes nothing for the limit of calls. */
  async send(envelope: Envelope): Promise<void> {
    guardSender(this.#auth, envelope.sender);
    await this.#write({ envelope, subscribeSessionId: '', afterSequence: 0 });
  }

  /** Asks for the history after an ordinal, then what follows. */
  async sendSubscribe(sessionId: string, afterSequence = 0): Promise<void> {
    await this.#write({ subscribeSessionId: sessionId, afterSequence });
  }

  /** Accepted envelopes until the runtime ends the stream. Leaving the loop cancels the call. */
  responses(): AsyncGenerator<Envelope, void, undefined> {
    return this.#iterate();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Envelope, void, undefined> {
    return this.#iterate();
  }

  /** The next envelope, null at the end. MacpTimeoutError after `timeoutMs` (default: no limit), ABORTED by the signal; nothing is lost then. */
  async read(options: number | ReadOptions = {}): Promise<Envelope | null> {
    const { timeoutMs, signal } = typeof options === 'number' ? { timeoutMs: options, signal: undefined } : options;
    if (!(await this.#buffer.readyWithin(timeoutMs, signal))) {
      if (signal?.aborted === true) throw abortedError(WHAT, signal);
      throw new MacpTimeoutError(`${WHAT}: no envelope within ${timeoutMs} ms`);
    }
    return (await this.#buffer.next()) ?? null;
  }

  /** In-stream errors; the stream stays open. Returns what ends it. */
  onInlineError(listener: (error: { code: string; message: string }) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Half-closes: the runtime delivers what is queued and ends the stream. Idempotent; later sends fail. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#call?.end();
  }

  /** Ends the call at the runtime at once. */
  cancel(): void {
    this.#cancel(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  #cancel(error: MacpSdkError | undefined): void {
    this.#closed = true;
    this.#cancelled.abort();
    this.#buffer.discard(error);
    this.#call?.cancel();
  }

  async #open(): Promise<Call> {
    const signal = this.#signal;
    const forget = signal === undefined ? (): void => undefined : onAbort(signal, () => this.#cancel(abortedError(WHAT, signal)));
    let call: Call;
    try {
      ({ call } = await this.#connection.bidi(runtimeService.StreamSession, this.#auth, WHAT, this.#cancelled.signal));
    } catch (error) {
      forget();
      throw error;
    }
    this.#call = call;
    call.on('status', forget);
    call.on('data', (frame: StreamSessionResponse) => this.#onFrame(call, frame));
    call.on('end', () => this.#buffer.end());
    call.on('error', (error: ServiceError) => {
      this.#buffer.end(this.#connection.toError(error, { what: WHAT, address: this.#connection.resolved.address }, undefined));
    });
    if (this.#closed) call.end();
    return call;
  }

  #onFrame(call: Call, frame: StreamSessionResponse): void {
    const { envelope, error } = frame;
    if (envelope !== undefined) this.#buffer.push(envelope);
    if (error !== undefined) for (const listener of this.#listeners) listener({ code: refusalCode(error.code, error.message), message: error.message });
    if (this.#buffer.isFull) call.pause();
  }

  async #write(frame: StreamSessionRequest): Promise<void> {
    this.#throwIfAborted();
    if (this.#closed) throw new MacpSdkError('CLOSED', `${WHAT}: stream is already closed`);
    const call = await this.#opening;
    const limitMs = this.#connection.resolved.defaultTimeoutMs;
    if (!call.write(frame) && !(await drained(call, limitMs))) throw new MacpTimeoutError(`${WHAT}: the runtime took no message for ${limitMs} ms`);
    this.#throwIfAborted();
  }

  #throwIfAborted(): void {
    if (this.#signal?.aborted === true) throw abortedError(WHAT, this.#signal);
  }

  async *#iterate(): AsyncGenerator<Envelope, void, undefined> {
    try {
      for (let envelope = await this.#buffer.next(); envelope !== undefined; envelope = await this.#buffer.next()) yield envelope;
    } finally {
      this.cancel();
    }
  }
}

const ROOM = ['drain', 'close', 'error', 'status'];

/** True as soon as there is room in the send window, which a call that ended does not need; false after the limit. */
function drained(call: Call, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (room: boolean): void => {
      clearTimeout(timer);
      for (const event of ROOM) call.off(event, done);
      resolve(room);
    };
    const done = (): void => end(true);
    const timer = setTimeout(() => end(false), limitMs);
    for (const event of ROOM) call.on(event, done);
  });
}
