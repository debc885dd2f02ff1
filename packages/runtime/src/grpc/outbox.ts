import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import { failure, type CallFailure } from './status.js';

/** A server call that frames go out on. */
export type OutboundCall = ServerWritableStream<unknown, Buffer> | ServerDuplexStream<unknown, Buffer>;

export interface OutboxOptions {
  readonly clock: Clock;
  /** How many frames may wait for a slow reader. */
  readonly limit: number;
  /** What waits, for the text of the status. */
  readonly what: string;
}

/**
 * A reader that takes frames, however slowly, is not cut at once: many messages can arrive in one turn of the event loop.
 * One that took nothing for this long while its queue was over the limit is.
 */
const STALL_MS = 250;
/** However fast it reads, this many times the limit is too much. */
const BURST_FACTOR = 16;

/**
 * The bounded queue of one subscriber. Frames are written while the call takes them and wait when it does not; a reader
 * that lags behind the limit gets RESOURCE_EXHAUSTED and can subscribe again. Ends by itself when the call is cancelled.
 */
export class Outbox {
  readonly #call: OutboundCall;
  readonly #options: OutboxOptions;
  readonly #closers: (() => void)[] = [];
  #queue: Buffer[] = [];
  #next = 0;
  #limit: number;
  #blocked = false;
  #ended = false;
  #finishing = false;
  #lastProgressUnixMs: number;
  #cancelStallCheck: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(call: OutboundCall, options: OutboxOptions) {
    this.#call = call;
    this.#options = options;
    this.#limit = options.limit;
    this.#lastProgressUnixMs = options.clock.nowUnixMs();
    call.on('drain', () => this.#drain());
    call.on('cancelled', () => this.#close());
    call.on('close', () => this.#close());
  }

  /** True when nothing more goes out. */
  get ended(): boolean {
    return this.#ended || this.#finishing;
  }

  /** True while frames wait for the reader. */
  get congested(): boolean {
    return this.#blocked;
  }

  /** Runs when the call is over, for whatever reason; at once when it is already. */
  onClose(task: () => void): void {
    if (this.#ended) task();
    else this.#closers.push(task);
  }

  /** Another limit from now on: a watch that still lists may hold back more. */
  setLimit(limit: number): void {
    this.#limit = limit;
  }

  /** Sends a frame, now or when the reader has room. */
  push(frame: Buffer): void {
    if (this.ended) return;
    if (!this.#blocked) {
      this.#blocked = !this.#call.write(frame);
      return;
    }
    this.#queue.push(frame);
    this.#checkLimit();
  }

  /** Resolves when frames can go out again, or the call is over. */
  ready(): Promise<void> {
    if (!this.#blocked || this.#ended) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the stream after what waits was sent. */
  finish(): void {
    if (this.ended) return;
    this.#finishing = true;
    if (this.#next === this.#queue.length) this.#end();
  }

  /** Ends the stream with a status; what waits is dropped, what the call already has is not. */
  fail(status: CallFailure): void {
    if (this.#ended) return;
    this.#call.emit('error', status);
    this.#close();
  }

  #end(): void {
    this.#call.end();
    this.#close();
  }

  #drain(): void {
    this.#lastProgressUnixMs = this.#options.clock.nowUnixMs();
    this.#blocked = false;
    while (!this.#blocked && this.#next < this.#queue.length) {
      this.#blocked = !this.#call.write(this.#queue[this.#next] as Buffer);
      this.#next += 1;
    }
    if (this.#next > 0) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    if (this.#finishing && this.#queue.length === 0) this.#end();
    else if (!this.#blocked) this.#wake();
  }

  #checkLimit(): void {
    if (this.#ended || this.#queue.length <= this.#limit) return;
    const { clock, what } = this.#options;
    const stalledMs = clock.nowUnixMs() - this.#lastProgressUnixMs;
    if (stalledMs >= STALL_MS || this.#queue.length > this.#limit * BURST_FACTOR) {
      this.fail(failure('RESOURCE_EXHAUSTED', `the reader is more than ${this.#limit} ${what} behind; subscribe again`));
      return;
    }
    this.#cancelStallCheck ??= clock.after(STALL_MS - stalledMs, () => {
      this.#cancelStallCheck = undefined;
      this.#checkLimit();
    });
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#cancelStallCheck?.();
    this.#wake();
    for (const task of this.#closers) task();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
