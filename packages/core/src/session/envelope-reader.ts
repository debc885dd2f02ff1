import type { EnvelopeBuffer } from './envelope-buffer.js';

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * What `for await` takes from a stream. Not an async generator: that one makes several promises for each envelope, this one a single
 * one. Reads may overlap; they are answered in their order.
 */
export class EnvelopeReader<T> implements AsyncGenerator<T, void, undefined> {
  readonly #buffer: EnvelopeBuffer<T>;
  readonly #handOver: (item: T) => boolean;
  readonly #close: () => void;
  #over = false;

  /** `handOver` hears of each item and answers whether it is for the reader; `close` is called once, when the reader leaves or nothing is left. */
  constructor(buffer: EnvelopeBuffer<T>, handOver: (item: T) => boolean, close: () => void) {
    this.#buffer = buffer;
    this.#handOver = handOver;
    this.#close = close;
  }

  next(): Promise<IteratorResult<T, void>> {
    return new Promise((resolve, reject) => this.#answer(resolve, reject));
  }

  return(): Promise<IteratorResult<T, void>> {
    this.#finish();
    return Promise.resolve(OVER);
  }

  throw(error: unknown): Promise<IteratorResult<T, void>> {
    this.#finish();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
  }

  #answer(resolve: (result: IteratorResult<T, void>) => void, reject: (error: unknown) => void): void {
    try {
      const item = this.#over ? undefined : this.#take();
      if (item !== undefined) resolve({ done: false, value: item });
      else if (this.#over || this.#buffer.isOver()) {
        this.#finish();
        resolve(OVER);
      } else this.#buffer.onChange(() => this.#answer(resolve, reject));
    } catch (error) {
      this.#finish();
      reject(error);
    }
  }

  #take(): T | undefined {
    for (;;) {
      const item = this.#buffer.take();
      if (item === undefined || this.#handOver(item)) return item;
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#close();
  }
}
