import { isTerminal, RUNTIME_ONLY_TYPES, type Envelope, type SessionState, type WireError } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import { MacpSdkError, MacpTimeoutError } from '../errors.js';
import type { ReadOptions } from '../call-options.js';
import type { Connection } from '../rpc/connection.js';
import { onAbort } from '../rpc/on-abort.js';
import { abortedError, refusalCode } from '../rpc/status.js';
import type { LifecycleChange, LifecycleHub } from '../watch/lifecycle-hub.js';
import { EchoAcks, type EchoOutcome } from './echo-acks.js';
import { EnvelopeBuffer } from './envelope-buffer.js';
import { EnvelopeReader } from './envelope-reader.js';
import type { ReceivedEnvelope } from './received-envelope.js';
import { StreamFollower } from './stream-follower.js';

/** How a session is followed. */
export interface StreamOptions {
  /** Deliver what comes after this ordinal; default 0 = from SessionStart. */
  readonly afterSequence?: number | undefined;
  /** Ends the stream: iteration fails with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Credential of this stream; default that of the session. */
  readonly auth?: AuthConfig | undefined;
  /** Envelopes held for a slow reader before the runtime is held back; default 256. */
  readonly bufferSize?: number | undefined;
  /** How long to wait for a session that does not exist yet; default 300 000 ms. Then SESSION_NOT_FOUND. */
  readonly waitForSessionMs?: number | undefined;
  /** How long to try to reconnect after a connection was lost; default 300 000 ms. Then RETRIES_EXHAUSTED. */
  readonly reconnectForMs?: number | undefined;
}

/** What a stream is given by its session. */
export interface StreamHost {
  readonly connection: Connection;
  readonly lifecycle: LifecycleHub;
  readonly sessionId: string;
  readonly auth: AuthConfig | undefined;
  /** Called for each envelope right before its reader gets it. */
  onDelivered(envelope: ReceivedEnvelope): void;
  onLifecycle(change: LifecycleChange): void;
  onEnded(stream: SessionStream): void;
}

const BUFFER_SIZE = 256;
const WAIT_MS = 300_000;
/** More messages than this in flight on one stream go by unary Send. */
const MAX_IN_FLIGHT = 1_024;

/**
 * The accepted envelopes of one session, in order, each once: waits for a session that does not exist yet, reconnects, resumes
 * after the last ordinal, and ends when the session has ended and everything accepted was delivered (RFC-MACP-0006 §3).
 * One reader. `break`, `close()` and the signal cancel the call at the runtime at once.
 */
export class SessionStream implements AsyncIterable<ReceivedEnvelope> {
  readonly sessionId: string;
  readonly #host: StreamHost;
  readonly #auth: AuthConfig | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #buffer: EnvelopeBuffer<ReceivedEnvelope>;
  readonly #acks = new EchoAcks();
  readonly #inlineListeners = new Set<(error: { code: string; message: string }) => void>();
  readonly #lifecycleListeners = new Set<(change: LifecycleChange) => void>();
  readonly #finished = new AbortController();
  readonly #follower: StreamFollower;
  readonly #first: number;
  #delivered: number;
  /** The reader asked for what comes after this ordinal. */
  #skipTo = 0;
  #state: SessionState | undefined;
  readonly #run: Promise<void>;

  constructor(host: StreamHost, options: StreamOptions = {}) {
    const { afterSequence = 0, bufferSize = BUFFER_SIZE } = options;
    if (!Number.isSafeInteger(afterSequence) || afterSequence < 0)
      throw new MacpSdkError('INVALID_OPTIONS', `afterSequence must be a whole number from 0, got ${afterSequence}`);
    if (!(bufferSize >= 1)) throw new MacpSdkError('INVALID_OPTIONS', `bufferSize must be at least 1, got ${bufferSize}`);
    this.sessionId = host.sessionId;
    this.#host = host;
    this.#auth = options.auth ?? host.auth;
    this.#signal = options.signal;
    this.#first = afterSequence;
    this.#delivered = afterSequence;
    this.#buffer = new EnvelopeBuffer(bufferSize, () => this.#follower.resume());
    this.#follower = new StreamFollower({
      connection: host.connection,
      auth: this.#auth,
      sessionId: host.sessionId,
      afterSequence,
      waitForSessionMs: options.waitForSessionMs ?? WAIT_MS,
      reconnectForMs: options.reconnectForMs ?? WAIT_MS,
      finished: this.#finished.signal,
      isFull: () => this.#buffer.isFull,
      isDraining: () => this.#draining,
      onEnvelope: (envelope) => this.#onEnvelope(envelope),
      onRefusal: (error) => this.#onRefusal(error),
      onDisconnected: () => this.#acks.giveUp(),
      onClosed: () => this.#stop(undefined),
    });
    this.#run = this.#follow();
  }

  /** Ordinal of the last envelope that the reader got. */
  get lastSequence(): number {
    return this.#delivered;
  }

  /** Last known state of the session; after the end of the stream one of RESOLVED, EXPIRED and CANCELLED, unless it was closed. */
  get state(): SessionState | undefined {
    return this.#state;
  }

  /** Resolves when nothing more will come: the session has ended, or the stream was closed or has failed. The reader may be behind. */
  get ended(): Promise<void> {
    return this.#run;
  }

  /** The envelopes, as `for await` takes them. */
  responses(): AsyncGenerator<ReceivedEnvelope, void, undefined> {
    return new EnvelopeReader(
      this.#buffer,
      (envelope) => this.#handOver(envelope),
      () => this.close(),
    );
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReceivedEnvelope, void, undefined> {
    return this.responses();
  }

  /** The next envelope, null at the end. MacpTimeoutError after `timeoutMs` (default: no limit of its own), ABORTED by the signal; nothing is lost then. */
  async read(options: number | ReadOptions = {}): Promise<ReceivedEnvelope | null> {
    const { timeoutMs, signal } = typeof options === 'number' ? { timeoutMs: options, signal: undefined } : options;
    const began = performance.now();
    for (;;) {
      const leftMs = timeoutMs === undefined ? undefined : Math.max(0, timeoutMs - (performance.now() - began));
      if (!(await this.#buffer.readyWithin(leftMs, signal))) {
        if (signal?.aborted === true) throw abortedError(`reading session ${this.sessionId}`, signal);
        throw new MacpTimeoutError(`no envelope of session ${this.sessionId} within ${timeoutMs} ms`, { context: { sessionId: this.sessionId } });
      }
      const envelope = await this.#buffer.next();
      if (envelope === undefined) return null;
      if (this.#handOver(envelope)) return envelope;
    }
  }

  /**
   * For code that was written for a raw stream: this one subscribes by itself, after the ordinal that `openStream` was given. With a
   * later ordinal the reader gets what follows that one; the view is folded from everything. Fails with INVALID_OPTIONS when it is asked
   * for another session or an earlier ordinal.
   */
  async sendSubscribe(sessionId: string, afterSequence = this.#first): Promise<void> {
    if (sessionId === this.sessionId && afterSequence >= this.#first) {
      this.#skipTo = afterSequence;
      return;
    }
    throw new MacpSdkError(
      'INVALID_OPTIONS',
      `this stream follows session ${this.sessionId} after ordinal ${this.#first}; open another one with openStream({ afterSequence: ${afterSequence} })`,
      { context: { sessionId: this.sessionId } },
    );
  }

  /** Refusals that belong to no message in flight; the stream stays open. Returns what ends it. */
  onInlineError(listener: (error: { code: string; message: string }) => void): () => void {
    this.#inlineListeners.add(listener);
    return () => this.#inlineListeners.delete(listener);
  }

  /** State changes of the session (suspended, resumed, cancelled, expired, resolved), which no envelope carries. Returns what ends it. */
  onLifecycle(listener: (change: LifecycleChange) => void): () => void {
    this.#lifecycleListeners.add(listener);
    return () => this.#lifecycleListeners.delete(listener);
  }

  /** Cancels the call at the runtime; a reader sees the end, as it does when the client is closed. Idempotent. */
  close(): void {
    this.#stop(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#run;
  }

  /**
   * Writes an envelope to the stream and waits for its echo. Undefined when this stream cannot take it now (not connected, its
   * reader is behind, other credential): use unary Send. `untilMs` is a time of `performance.now()`.
   */
  sendEcho(envelope: Envelope, auth: AuthConfig | undefined, untilMs: number, signal: AbortSignal | undefined): Promise<EchoOutcome> | undefined {
    const follower = this.#follower;
    if (!follower.isWritable || auth !== this.#auth || this.#acks.size >= MAX_IN_FLIGHT) return undefined;
    if (this.#draining || follower.hasSeen(envelope.messageId)) return undefined;
    const outcome = this.#acks.wait(envelope.messageId, untilMs, signal);
    follower.write(envelope);
    return outcome;
  }

  get #draining(): boolean {
    return this.#state !== undefined && isTerminal(this.#state);
  }

  /** Whether the envelope is for the reader; the records of the runtime are folded, and told by `onLifecycle`: not every runtime streams them. */
  #handOver(envelope: ReceivedEnvelope): boolean {
    this.#delivered = envelope.sequence;
    this.#host.onDelivered(envelope);
    return envelope.sequence > this.#skipTo && !RUNTIME_ONLY_TYPES.has(envelope.messageType);
  }

  /** Follows until the session has ended, the reader has left, or a failure cannot be helped. */
  async #follow(): Promise<void> {
    const unfollow = this.#host.lifecycle.follow(this.sessionId, (change) => this.#onLifecycle(change));
    const signal = this.#signal;
    const abort = (): void => this.#stop(signal === undefined ? undefined : abortedError(`StreamSession of ${this.sessionId}`, signal));
    const forget = signal === undefined ? undefined : onAbort(signal, abort);
    if (signal?.aborted === true) abort();
    try {
      await this.#follower.run();
      this.#buffer.end();
    } catch (error) {
      this.#buffer.end(error);
    } finally {
      unfollow();
      forget?.();
      this.#acks.giveUp();
      this.#finished.abort();
      this.#host.onEnded(this);
    }
  }

  #onEnvelope(envelope: ReceivedEnvelope): void {
    this.#buffer.push(envelope);
    this.#acks.accepted(envelope.messageId);
    if (envelope.messageType === 'Commitment') {
      // The last envelope of every session.
      this.#state = 'RESOLVED';
      this.#stop(undefined, false);
    } else if (this.#buffer.isFull) {
      this.#follower.pause();
      // The echoes of messages in flight are behind what the reader has not read yet.
      this.#acks.giveUp();
    }
  }

  #onRefusal(error: WireError): void {
    if (error.messageId !== '' && this.#acks.refused(error)) return;
    const code = refusalCode(error.code, error.message);
    this.#host.connection.logger.warn('refusal on a session stream', { sessionId: this.sessionId, code });
    for (const listener of this.#inlineListeners) listener({ code, message: error.message });
  }

  #onLifecycle(change: LifecycleChange): void {
    this.#state = change.state;
    this.#host.onLifecycle(change);
    for (const listener of this.#lifecycleListeners) listener(change);
    this.#follower.changed();
  }

  /** Ends everything: with `discard` the reader gets nothing more than the error, without it first what is buffered. */
  #stop(error: MacpSdkError | undefined, discard = true): void {
    if (this.#finished.signal.aborted) {
      if (discard && error === undefined) this.#buffer.discard();
      return;
    }
    this.#finished.abort();
    if (discard) this.#buffer.discard(error);
    else this.#buffer.end(error);
    this.#acks.giveUp();
    this.#follower.cancel();
  }
}
