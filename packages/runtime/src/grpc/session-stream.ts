import type { ServerDuplexStream } from '@grpc/grpc-js';
import { checkEnvelope, refuse, StreamSessionResponse, type Envelope, type Refusal, type StreamSessionRequest } from '@macp-agent/protocol';
import type { Caller } from '../auth/identity.js';
import { envelopeFrame, type SessionSubscriber } from '../hub/hub.js';
import { envelopeAt } from '../log/envelope-at.js';
import type { Outbox } from './outbox.js';
import { isMember, mayRead } from '../kernel/kernel.js';
import type { Outcome } from '../kernel/outcome.js';
import type { MaybePromise } from '../maybe-promise.js';
import type { ServiceContext } from './context.js';
import { toWireError } from './handlers/ack.js';
import { failure, tooManySubscribers } from './status.js';

/** Frames of one stream that are handled before others get their turn, and appends of one stream that may be under way. */
const TURN = 32;
const MAX_UNDER_WAY = 256;

/**
 * One StreamSession call. Whatever is wrong with an envelope is said in-stream, with its registered code and message id,
 * and the stream goes on (RFC-MACP-0001 §9; DIFF-1); only misuse of the stream itself ends it.
 */
export class SessionStream implements SessionSubscriber {
  readonly #context: ServiceContext;
  readonly #call: ServerDuplexStream<StreamSessionRequest, Buffer>;
  readonly #outbox: Outbox;
  readonly #caller: Caller;
  #sessionId: string | undefined;
  /** Set while history goes out; another subscribe frame replaces it. */
  #replay: symbol | undefined;
  /** Ordinal of the last replayed envelope: live ones up to it are known already. */
  #lastOrdinal = 0;
  #underWay = 0;
  #framesThisTurn = 0;
  #halfClosed = false;

  constructor(context: ServiceContext, call: ServerDuplexStream<StreamSessionRequest, Buffer>, outbox: Outbox, caller: Caller) {
    this.#context = context;
    this.#call = call;
    this.#outbox = outbox;
    this.#caller = caller;
  }

  start(): void {
    this.#call.on('data', (frame: StreamSessionRequest) => {
      if (this.#outbox.ended) return;
      try {
        this.#handle(frame);
      } catch (error) {
        this.#failed(error);
      }
      this.#pace();
    });
    this.#call.on('end', () => {
      this.#halfClosed = true;
      this.#finishWhenIdle();
    });
  }

  deliver(frame: Buffer, ordinal: number): void {
    if (this.#replay === undefined && ordinal > this.#lastOrdinal) this.#outbox.push(frame);
  }

  #handle({ envelope, subscribeSessionId, afterSequence }: StreamSessionRequest): void {
    if (envelope !== undefined && subscribeSessionId === '') this.#submit(envelope);
    else if (envelope === undefined && subscribeSessionId !== '') this.#subscribe(subscribeSessionId, afterSequence);
    else this.#outbox.fail(failure('INVALID_ARGUMENT', 'INVALID_ENVELOPE: a frame holds either an envelope or subscribe_session_id'));
  }

  #subscribe(sessionId: string, afterSequence: number): void {
    if (this.#isOther(sessionId)) return;
    this.#track(this.#context.kernel.find(sessionId), (session) => {
      if (session === undefined) {
        this.#subscribePast(sessionId, afterSequence);
      } else if (mayRead(session, this.#caller)) {
        if (this.#bind(sessionId)) this.#sendHistory(sessionId, afterSequence).catch((error: unknown) => this.#failed(error));
      } else {
        this.#refuse(refuse('FORBIDDEN', `FORBIDDEN: ${this.#caller.sender} is not part of the session ${sessionId}`), sessionId, '');
      }
    });
  }

  /** A finished session whose history has gone is not the same as one that never was. */
  #subscribePast(sessionId: string, afterSequence: number): void {
    const past = this.#context.kernel.parts.log.past(sessionId);
    if (past === undefined || afterSequence >= past.records || !isMember(past, this.#caller)) {
      this.#outbox.fail(failure('NOT_FOUND', `SESSION_NOT_FOUND: the session ${sessionId} is not known here`));
      return;
    }
    const text = `the session ${sessionId} has ended (${past.state}) and its ${past.records} records were compacted; there is nothing to replay`;
    this.#outbox.fail(failure('FAILED_PRECONDITION', `HISTORY_UNAVAILABLE: ${text}`));
  }

  #submit(envelope: Envelope): void {
    const { sessionId, messageId } = envelope;
    const shape = checkEnvelope(envelope, this.#context.maxPayloadBytes);
    if (!shape.accepted) {
      this.#refuse(shape, sessionId, messageId);
      return;
    }
    if (sessionId === '') {
      this.#refuse(refuse('INVALID_ENVELOPE', `an ambient ${envelope.messageType} goes through Send, not through a session stream`), '', messageId);
      return;
    }
    if (this.#isOther(sessionId)) return;
    const progress = this.#checkProgress(envelope);
    if (progress !== undefined) {
      this.#refuse(progress, sessionId, messageId);
      return;
    }
    if (!this.#bind(sessionId)) return;
    this.#track<Outcome>(this.#context.kernel.accept(envelope, this.#caller), (outcome) => {
      if (!outcome.accepted) this.#refuse(outcome, sessionId, messageId);
    });
  }

  /** A stream looks at the mode and state of the session of a Progress, which Send does not (runtime.md §11). */
  #checkProgress({ messageType, sessionId, mode }: Envelope): Refusal | undefined {
    const view = messageType === 'Progress' ? this.#context.kernel.sessions.get(sessionId)?.view : undefined;
    if (view === undefined) return undefined;
    if (mode !== view.binding.mode) return refuse('INVALID_ENVELOPE', `the session ${sessionId} is of the mode ${view.binding.mode}`);
    return view.state === 'OPEN' ? undefined : refuse('SESSION_NOT_OPEN', `the session ${sessionId} is ${view.state}`);
  }

  /** True, and the stream ends, when it belongs to another session. */
  #isOther(sessionId: string): boolean {
    if (this.#sessionId === undefined || this.#sessionId === sessionId) return false;
    this.#outbox.fail(failure('INVALID_ARGUMENT', `INVALID_ENVELOPE: this stream is bound to the session ${this.#sessionId}; open another for ${sessionId}`));
    return true;
  }

  /** False, and the stream ends, when the session has as many streams as it may. */
  #bind(sessionId: string): boolean {
    if (this.#sessionId !== undefined) return true;
    const { hub, maxSubscribers } = this.#context;
    if (hub.subscribersOf(sessionId) >= maxSubscribers) {
      this.#outbox.fail(tooManySubscribers(`the session ${sessionId}`, maxSubscribers));
      return false;
    }
    this.#sessionId = sessionId;
    this.#outbox.onClose(hub.subscribe(sessionId, this));
    return true;
  }

  /**
   * The records after an ordinal, at the reader's pace and straight from the history, so that a long one needs no queue;
   * what is accepted meanwhile is found at its end.
   */
  async #sendHistory(sessionId: string, afterSequence: number): Promise<void> {
    const replay = Symbol('replay');
    this.#replay = replay;
    const records = this.#context.kernel.history(sessionId);
    // The length is read anew each time: the history grows while it goes out.
    for (let index = afterSequence; index < records.length; index += 1) {
      if (this.#outbox.congested) await this.#outbox.ready();
      if (this.#outbox.ended || this.#replay !== replay) return;
      this.#outbox.push(envelopeFrame(envelopeAt(records, index)));
    }
    this.#lastOrdinal = records.length;
    this.#replay = undefined;
    this.#finishWhenIdle();
  }

  #refuse(refusal: Refusal, sessionId: string, messageId: string): void {
    this.#context.logger.debug(`refused on a stream session_id=${sessionId} sender=${this.#caller.sender} code=${refusal.code}: ${refusal.message}`);
    this.#outbox.push(StreamSessionResponse.encode({ error: toWireError(refusal, this.#sessionId ?? sessionId, messageId) }));
  }

  /** Goes on with what the kernel says, now or later; a half-closed stream ends only after all of it. */
  #track<T>(value: MaybePromise<T>, use: (value: T) => void): void {
    if (!(value instanceof Promise)) {
      use(value);
      return;
    }
    this.#underWay += 1;
    const settle = (result: T): void => {
      use(result);
      this.#underWay -= 1;
      this.#resume();
      this.#finishWhenIdle();
    };
    value.then(settle).catch((error: unknown) => this.#failed(error));
  }

  /** A fault of the runtime ends this stream, and nothing else. */
  #failed(error: unknown): void {
    this.#context.logger.error(`the session stream of ${this.#caller.sender} failed`, { sessionId: this.#sessionId, err: error });
    this.#outbox.fail(failure('INTERNAL', 'INTERNAL_ERROR: the stream failed in the runtime; open another'));
  }

  /** Reads no faster than this stream takes its own echoes, and leaves room for others. */
  #pace(): void {
    this.#framesThisTurn += 1;
    if (this.#framesThisTurn === 1) setImmediate(() => this.#nextTurn());
    if (this.#framesThisTurn < TURN && this.#underWay < MAX_UNDER_WAY && !this.#outbox.congested) return;
    this.#call.pause();
    if (this.#outbox.congested) void this.#resumeWhenReady();
  }

  async #resumeWhenReady(): Promise<void> {
    // A replay may fill the call again before this turn comes.
    while (this.#outbox.congested && !this.#outbox.ended) await this.#outbox.ready();
    this.#resume();
  }

  #nextTurn(): void {
    this.#framesThisTurn = 0;
    this.#resume();
  }

  #resume(): void {
    if (this.#call.isPaused() && !this.#outbox.congested && this.#underWay < MAX_UNDER_WAY && this.#framesThisTurn < TURN) this.#call.resume();
  }

  #finishWhenIdle(): void {
    if (this.#halfClosed && this.#underWay === 0 && this.#replay === undefined) this.#outbox.finish();
  }
}
