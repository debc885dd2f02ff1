import type { Metadata } from '@grpc/grpc-js';
import { controlMessageId, RUNTIME_ONLY_TYPES, type Envelope, type WireError } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import { MacpRetryError, MacpSdkError, MacpTransportError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import { backoffMs, sleep } from '../rpc/retry.js';
import { received, type ReceivedEnvelope } from './received-envelope.js';
import { RecentMap } from './recent-map.js';
import { subscribe, type Subscription } from './subscription.js';

/** What a follower follows, and who hears of it. */
export interface FollowerOptions {
  readonly connection: Connection;
  readonly auth: AuthConfig | undefined;
  readonly sessionId: string;
  readonly afterSequence: number;
  /** How long a session may be unknown at first, and how long a lost connection may stay lost. */
  readonly waitForSessionMs: number;
  readonly reconnectForMs: number;
  /** Ends it; what is open then is cancelled by `cancel()`. */
  readonly finished: AbortSignal;
  /** Whether there is room for more; a follower does not reconnect before. */
  readonly isFull: () => boolean;
  /** Whether the session has ended, so that a clean end of the call is the end of everything. */
  readonly isDraining: () => boolean;
  readonly onEnvelope: (envelope: ReceivedEnvelope) => void;
  readonly onRefusal: (error: WireError) => void;
  /** A call is over: what was written on it may or may not have arrived. */
  readonly onDisconnected: () => void;
  /** The client was closed. */
  readonly onClosed: () => void;
}

const WAIT_FOR_SESSION = { baseMs: 50, maxMs: 1_000 };
const RECONNECT = { baseMs: 100, maxMs: 2_000 };
/** Ids remembered to drop what a resumed call delivers again. */
const REMEMBERED_IDS = 512;
const FATAL_STATUS: ReadonlySet<string> = new Set(['UNIMPLEMENTED', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'PERMISSION_DENIED']);
const FATAL_CODES: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'HISTORY_UNAVAILABLE', 'CREDENTIAL_REQUIRED']);

/**
 * Keeps one session subscribed, over as many calls as it takes: waits for a session that does not exist yet, reconnects, resumes
 * after the last ordinal, and hands on each envelope once, in order.
 */
export class StreamFollower {
  readonly #options: FollowerOptions;
  readonly #recentIds = new RecentMap<true>(REMEMBERED_IDS);
  #subscription: Subscription | undefined;
  #wake: AbortController | undefined;
  #received: number;
  #known = false;
  /** Changes reported so far: one that came while a call was refused means that the next may not be. */
  #changes = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#received = options.afterSequence;
  }

  /** Whether an envelope written now would reach the runtime and its echo the reader. */
  get isWritable(): boolean {
    return this.#subscription?.isWritable === true;
  }

  /** Whether this message came a short while ago. */
  hasSeen(messageId: string): boolean {
    return this.#recentIds.has(messageId);
  }

  write(envelope: Envelope): void {
    this.#subscription?.write(envelope);
  }

  pause(): void {
    this.#subscription?.pause();
  }

  /** There is room again. */
  resume(): void {
    this.#wake?.abort();
    this.#subscription?.resume();
  }

  /** Something has happened to the session: whoever waits for it looks again, and an ended one is read to its end. */
  changed(): void {
    this.#changes += 1;
    this.#wake?.abort();
    if (this.#options.isDraining()) this.#subscription?.drain();
  }

  /** Ends the open call at the runtime at once. */
  cancel(): void {
    this.#subscription?.cancel();
  }

  /** Connects until the session has ended or `finished`; throws the failure that cannot be helped. */
  async run(): Promise<void> {
    const { connection, auth, finished, reconnectForMs, isFull, isDraining, sessionId } = this.#options;
    const began = performance.now();
    let troubleSince = 0;
    let attempt = 0;
    let renewed = false;
    while (!finished.aborted) {
      while (isFull() && !finished.aborted) await this.#pause(1_000);
      const changes = this.#changes;
      const { failure, progress, used } = await this.#connectOnce();
      if (finished.aborted || (failure === undefined && isDraining())) return;
      if (progress) {
        attempt = 0;
        troubleSince = 0;
        renewed = false;
      }
      attempt += 1;
      troubleSince ||= performance.now();
      if (failure?.code === 'SESSION_NOT_FOUND') {
        if (isDraining()) return;
        this.#checkWait(failure, began);
        if (changes === this.#changes) await this.#pause(backoffMs(attempt, WAIT_FOR_SESSION));
        continue;
      }
      if (failure?.code === 'UNAUTHENTICATED' && !renewed && (await connection.renewRefused(auth, used, this.#what, finished))) {
        renewed = true;
        continue;
      }
      if (failure !== undefined && isFatal(failure)) throw failure;
      if (performance.now() - troubleSince > reconnectForMs) {
        throw new MacpRetryError(attempt, `${this.#what}: no connection for ${reconnectForMs} ms; ordinal ${this.#received} was the last received`, {
          cause: failure,
        });
      }
      connection.logger.debug('session stream reconnects', { sessionId, afterSequence: this.#received, code: failure?.code });
      await this.#pause(backoffMs(attempt, RECONNECT));
    }
  }

  get #what(): string {
    return `StreamSession of ${this.#options.sessionId}`;
  }

  #checkWait(cause: MacpSdkError, began: number): void {
    const { sessionId, waitForSessionMs } = this.#options;
    if (!this.#known && performance.now() - began < waitForSessionMs) return;
    const why = this.#known
      ? `the runtime no longer knows this session, after ordinal ${this.#received}; it restarted without stored history, or dropped the ended session`
      : `nobody started it within ${waitForSessionMs} ms; check the session id and the initiator`;
    throw new MacpTransportError('SESSION_NOT_FOUND', `${this.#what}: ${why}`, { cause, context: { sessionId } });
  }

  /** One call from subscribe to end. */
  async #connectOnce(): Promise<{ failure?: MacpSdkError | undefined; progress: boolean; used?: Metadata }> {
    const { connection, auth, sessionId, finished, isDraining, onRefusal, onDisconnected, onClosed } = this.#options;
    let subscription: Subscription;
    try {
      const onEnvelope = (envelope: Envelope): void => this.#onEnvelope(envelope);
      subscription = await subscribe({ connection, auth, sessionId, afterSequence: this.#received, onEnvelope, onRefusal, finished });
    } catch (error) {
      if (connection.closed) onClosed();
      if (error instanceof MacpSdkError) return { failure: error, progress: false };
      throw error;
    }
    this.#subscription = subscription;
    if (finished.aborted) subscription.cancel();
    else if (isDraining()) subscription.drain();
    const failure = await subscription.ended;
    this.#subscription = undefined;
    onDisconnected();
    if (connection.closed) onClosed();
    return { failure, progress: subscription.hasDelivered, used: subscription.metadata };
  }

  #onEnvelope(envelope: Envelope): void {
    if (!this.#recentIds.add(envelope.messageId, true)) return;
    this.#known = true;
    // A record of the runtime counts where the runtime counts it, which its id tells.
    const isControl = RUNTIME_ONLY_TYPES.has(envelope.messageType);
    if (!isControl || envelope.messageId === controlMessageId(this.#received + 1)) this.#received += 1;
    this.#options.onEnvelope(received(envelope, this.#received));
  }

  /** Waits; ends early when the stream ends or something has changed. */
  async #pause(ms: number): Promise<void> {
    const wake = new AbortController();
    this.#wake = wake;
    const signal = AbortSignal.any([wake.signal, this.#options.finished]);
    try {
      await sleep(ms, signal, this.#what);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}

function isFatal(failure: MacpSdkError): boolean {
  if (!(failure instanceof MacpTransportError)) return true;
  return FATAL_CODES.has(failure.code) || FATAL_STATUS.has(failure.grpcStatus ?? '');
}
