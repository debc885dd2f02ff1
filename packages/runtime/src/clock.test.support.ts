import type { Clock } from './clock.js';

interface Timer {
  readonly atMs: number;
  readonly task: () => void;
}

/** A clock that stands until it is advanced; it begins with the time of this machine. */
export class ManualClock implements Clock {
  #wallMs = Date.now();
  /** Timers run by this one, which nobody can set. */
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  nowUnixMs(): number {
    return this.#wallMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time passes. */
  advance(ms: number): void {
    const target = this.#monotonicMs + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ atMs }) => atMs <= target).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#pass(Math.max(0, next.atMs - this.#monotonicMs));
      next.task();
    }
    this.#pass(target - this.#monotonicMs);
  }

  /** Somebody sets the clock of the machine, or it slept; no time passes for timers. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }
}
