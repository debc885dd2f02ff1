import { isTerminal, RUNTIME_ONLY_TYPES, type Envelope, type SessionState, type WireError } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import { MacpRetryError, MacpSdkError, MacpTimeoutError, MacpTransportError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import { onAbort } from '../rpc/on-abort.js';
import { backoffMs, sleep } from '../rpc/retry.js';
import { abortedError, refusalCode } from '../rpc/status.js';
import type { LifecycleChange, LifecycleHub } from '../watch/lifecycle-hub.js';
import { EchoAcks, type EchoOutcome } from './echo-acks.js';
import { EnvelopeBuffer } from './envelope-buffer.js';
import { received, type ReceivedEnvelope } from './received-envelope.js';
import { RecentMap } from './recent-map.js';
import { subscribe, type Subscription } from './subscription.js';

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
const WAIT_FOR_SESSION = { baseMs: 50, maxMs: 1_000 };
const RECONNECT = { baseMs: 100, maxMs: 2_000 };
/** Ids remembered to drop what a resumed stream delivers again. */
const REMEMBERED_IDS = 1_024;
/** More messages than this in flight on one stream go by unary Send. */
const MAX_IN_FLIGHT = 1_024;
const FATAL_STATUS: ReadonlySet<string> = new Set(['UNIMPLEMENTED', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'PERMISSION_DENIED']);

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
  readonly #waitForSessionMs: number;
  readonly #reconnectForMs: number;
  readonly #buffer: EnvelopeBuffer<ReceivedEnvelope>;
  readonly #acks = new EchoAcks();
  readonly #recentIds = new RecentMap<true>(REMEMBERED_IDS);
  readonly #inlineListeners = new Set<(error: { code: string; message: string }) => void>();
  readonly #lifecycleListeners = new Set<(change: LifecycleChange) => void>();
  readonly #finished = new AbortController();
  #subscription: Subscription | undefined;
  #wake: AbortController | undefined;
  readonly #first: number;
  #received: number;
  #delivered: number;
  #state: SessionState | undefined;
  #known = false;
  /** Lifecycle reports so far: one that came while a call was refused means that the next may not be. */
  #changes = 0;
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
    this.#waitForSessionMs = options.waitForSessionMs ?? 300_000;
    this.#reconnectForMs = options.reconnectForMs ?? 300_000;
    this.#first = afterSequence;
    this.#received = afterSequence;
    this.#delivered = afterSequence;
    this.#buffer = new EnvelopeBuffer(bufferSize, () => this.#resume());
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

  /** The envelopes, as `for await` takes them. */
  responses(): AsyncGenerator<ReceivedEnvelope, void, undefined> {
    return this.#read();
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReceivedEnvelope, void, undefined> {
    return this.#read();
  }

  /** The next envelope, null at the end. MacpTimeoutError after `timeoutMs` (default: no limit of its own); nothing is lost then. */
  async read(timeoutMs?: number): Promise<ReceivedEnvelope | null> {
    if (timeoutMs !== undefined && !(await this.#buffer.readyWithin(timeoutMs))) {
      throw new MacpTimeoutError(`no envelope of session ${this.sessionId} within ${timeoutMs} ms`, { context: { sessionId: this.sessionId } });
    }
    return (await this.#next()) ?? null;
  }

  /**
   * For code that was written for a raw stream: this one subscribes by itself, after the ordinal that `openStream` was given. Fails
   * with INVALID_OPTIONS when it is asked for another session or ordinal.
   */
  async sendSubscribe(sessionId: string, afterSequence = this.#first): Promise<void> {
    if (sessionId === this.sessionId && afterSequence === this.#first) return;
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
   * reader is behind, other credential): use unary Send.
   */
  sendEcho(envelope: Envelope, auth: AuthConfig | undefined, timeoutMs: number): Promise<EchoOutcome> | undefined {
    const subscription = this.#subscription;
    if (subscription?.isWritable !== true || auth !== this.#auth || this.#acks.size >= MAX_IN_FLIGHT) return undefined;
    if (this.#draining || this.#recentIds.has(envelope.messageId)) return undefined;
    const outcome = this.#acks.wait(envelope.messageId, timeoutMs);
    subscription.write(envelope);
    return outcome;
  }

  get #draining(): boolean {
    return this.#state !== undefined && isTerminal(this.#state);
  }

  async *#read(): AsyncGenerator<ReceivedEnvelope, void, undefined> {
    try {
      for (;;) {
        const envelope = this.#handOver(this.#buffer.take()) ?? (await this.#next());
        if (envelope === undefined) return;
        yield envelope;
      }
    } finally {
      this.close();
    }
  }

  async #next(): Promise<ReceivedEnvelope | undefined> {
    return this.#handOver(await this.#buffer.next());
  }

  #handOver(envelope: ReceivedEnvelope | undefined): ReceivedEnvelope | undefined {
    if (envelope === undefined) return undefined;
    this.#delivered = envelope.sequence;
    this.#host.onDelivered(envelope);
    return envelope;
  }

  /** Connects until the session has ended, the reader has left, or a failure cannot be helped. */
  async #follow(): Promise<void> {
    const unfollow = this.#host.lifecycle.follow(this.sessionId, (change) => this.#onLifecycle(change));
    const signal = this.#signal;
    const abort = (): void => this.#stop(signal === undefined ? undefined : abortedError(this.#what, signal));
    const forget = signal === undefined ? undefined : onAbort(signal, abort);
    if (signal?.aborted === true) abort();
    try {
      await this.#connectLoop();
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

  get #what(): string {
    return `StreamSession of ${this.sessionId}`;
  }

  async #connectLoop(): Promise<void> {
    const began = performance.now();
    let troubleSince = 0;
    let attempt = 0;
    let renewed = false;
    while (!this.#finished.signal.aborted) {
      if (this.#buffer.isFull) await this.#untilRoom();
      const changes = this.#changes;
      const { failure, progress } = await this.#connectOnce();
      if (this.#finished.signal.aborted) return;
      if (failure === undefined && this.#draining) return;
      if (progress) {
        attempt = 0;
        troubleSince = 0;
        renewed = false;
      }
      attempt += 1;
      troubleSince ||= performance.now();
      if (failure?.code === 'SESSION_NOT_FOUND') {
        if (this.#draining) return;
        this.#checkWait(failure, began);
        if (changes === this.#changes) await this.#pause(backoffMs(attempt, WAIT_FOR_SESSION));
        continue;
      }
      if (failure?.code === 'UNAUTHENTICATED' && !renewed && (await this.#host.connection.credentials.renewRefused(this.#auth))) {
        renewed = true;
        continue;
      }
      if (failure !== undefined && isFatal(failure)) throw failure;
      if (performance.now() - troubleSince > this.#reconnectForMs) {
        throw new MacpRetryError(attempt, `${this.#what}: no connection for ${this.#reconnectForMs} ms; ordinal ${this.#received} was the last received`, {
          cause: failure,
        });
      }
      this.#host.connection.logger.debug('session stream reconnects', { sessionId: this.sessionId, afterSequence: this.#received, code: failure?.code });
      await this.#pause(backoffMs(attempt, RECONNECT));
    }
  }

  #checkWait(failure: MacpSdkError, began: number): void {
    const context = { sessionId: this.sessionId };
    if (this.#known) {
      throw new MacpTransportError(
        'SESSION_NOT_FOUND',
        `${this.#what}: the runtime no longer knows this session, after ordinal ${this.#received}; it restarted without stored history, or dropped the ended session`,
        { cause: failure, context },
      );
    }
    if (performance.now() - began < this.#waitForSessionMs) return;
    throw new MacpTransportError(
      'SESSION_NOT_FOUND',
      `${this.#what}: nobody started it within ${this.#waitForSessionMs} ms; check the session id and the initiator`,
      { cause: failure, context },
    );
  }

  /** One call from subscribe to end. */
  async #connectOnce(): Promise<{ failure?: MacpSdkError | undefined; progress: boolean }> {
    const { connection } = this.#host;
    let subscription: Subscription;
    try {
      subscription = await subscribe({
        connection,
        auth: this.#auth,
        sessionId: this.sessionId,
        afterSequence: this.#received,
        onEnvelope: (envelope) => this.#onEnvelope(envelope),
        onRefusal: (error) => this.#onRefusal(error),
      });
    } catch (error) {
      if (connection.closed) this.#stop(undefined);
      if (error instanceof MacpSdkError) return { failure: error, progress: false };
      throw error;
    }
    this.#subscription = subscription;
    if (this.#finished.signal.aborted) subscription.cancel();
    else if (this.#draining) subscription.drain();
    const failure = await subscription.ended;
    this.#subscription = undefined;
    this.#acks.giveUp();
    if (connection.closed) this.#stop(undefined);
    return { failure, progress: subscription.hasDelivered };
  }

  #onEnvelope(envelope: Envelope): void {
    if (this.#recentIds.has(envelope.messageId)) return;
    this.#known = true;
    this.#recentIds.add(envelope.messageId, true);
    // Records of the runtime take no ordinal in the reference runtime; where they do, the id check drops what comes twice.
    if (!RUNTIME_ONLY_TYPES.has(envelope.messageType)) this.#received += 1;
    this.#buffer.push(received(envelope, this.#received));
    this.#acks.accepted(envelope);
    if (envelope.messageType === 'Commitment') {
      // The last envelope of every session.
      this.#state = 'RESOLVED';
      this.#stop(undefined, false);
    } else if (this.#buffer.isFull) {
      this.#subscription?.pause();
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
    this.#changes += 1;
    this.#host.onLifecycle(change);
    for (const listener of this.#lifecycleListeners) listener(change);
    this.#wake?.abort();
    if (isTerminal(change.state)) this.#subscription?.drain();
  }

  #resume(): void {
    this.#wake?.abort();
    this.#subscription?.resume();
  }

  async #untilRoom(): Promise<void> {
    while (this.#buffer.isFull && !this.#finished.signal.aborted) await this.#pause(1_000);
  }

  /** Waits; ends early when the stream ends or something has changed. */
  async #pause(ms: number): Promise<void> {
    const wake = new AbortController();
    this.#wake = wake;
    const signal = AbortSignal.any([wake.signal, this.#finished.signal]);
    try {
      await sleep(ms, signal, this.#what);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
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
    this.#subscription?.cancel();
  }
}

function isFatal(failure: MacpSdkError): boolean {
  if (!(failure instanceof MacpTransportError)) return true;
  if (['FORBIDDEN', 'UNAUTHENTICATED', 'HISTORY_UNAVAILABLE', 'CREDENTIAL_REQUIRED'].includes(failure.code)) return true;
  return FATAL_STATUS.has(failure.grpcStatus ?? '');
}
