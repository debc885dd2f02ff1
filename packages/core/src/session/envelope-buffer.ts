import { onAbort } from '../rpc/on-abort.js';

/** Slots of read items that are kept before they are given back. */
const KEPT_SLOTS = 256;

/** A bounded queue between one producer, which looks at `isFull`, and one reader. Failure and end come after what is buffered. */
export class EnvelopeBuffer<T> {
  readonly #limit: number;
  readonly #onRoom: () => void;
  #items: (T | undefined)[] = [];
  #head = 0;
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void)[] = [];

  /** `onRoom` is called when a full buffer has been read down to half. */
  constructor(limit: number, onRoom: () => void) {
    this.#limit = limit;
    this.#onRoom = onRoom;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Readers that wait now. */
  get waiting(): number {
    return this.#wake.length;
  }

  get isFull(): boolean {
    return this.size >= this.#limit;
  }

  push(item: T): void {
    if (this.#end !== undefined) return;
    this.#items.push(item);
    this.#wakeAll();
  }

  /** No more items; with an error the reader gets it after the buffered ones. The first end counts. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#wakeAll();
  }

  /** Forgets what is buffered and ends at once. */
  discard(error?: unknown): void {
    this.#items = [];
    this.#head = 0;
    this.#end = error === undefined ? {} : { error };
    this.#wakeAll();
  }

  /** The next item when there is one already: a promise for each would cost a reader that is behind more than the item. */
  take(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Not for each item: a reader that keeps up would have a new array made for every one.
    if (this.#head >= KEPT_SLOTS) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (this.size === Math.floor(this.#limit / 2)) this.#onRoom();
    return item;
  }

  /** The next item; undefined at the end, also on later calls. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.take();
      if (item !== undefined || this.isOver()) return item;
      await new Promise<void>((resolve) => this.onChange(resolve));
    }
  }

  /** Whether nothing is left and nothing will come; throws the failure that it ended with. */
  isOver(): boolean {
    if (this.#end === undefined || this.size > 0) return false;
    if (this.#end.error !== undefined) throw this.#end.error;
    return true;
  }

  /** Calls back once, when something was added or with the end. */
  onChange(wake: () => void): void {
    this.#wake.push(wake);
  }

  /** True as soon as an item or the end is there, false after `timeoutMs` (undefined: no limit) or when the signal fires. */
  async readyWithin(timeoutMs: number | undefined, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return false;
    if (this.size > 0 || this.#end !== undefined) return true;
    return await new Promise<boolean>((resolve) => {
      const settle = (ready: boolean): void => {
        clearTimeout(timer);
        forget?.();
        this.#wake = this.#wake.filter((waiting) => waiting !== wake);
        resolve(ready);
      };
      const wake = (): void => settle(true);
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(false), timeoutMs);
      const forget = signal === undefined ? undefined : onAbort(signal, () => settle(false));
      this.#wake.push(wake);
    });
  }

  #wakeAll(): void {
    const wake = this.#wake;
    if (wake.length === 0) return;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
