import type { Clock } from './clock.js';

interface Timer {
  readonly atUnixMs: number;
  readonly task: () => void;
}

/** A clock that stands until it is advanced; it begins with the time of this machine. */
export class ManualClock implements Clock {
  #nowUnixMs = Date.now();
  readonly #timers = new Set<Timer>();

  nowUnixMs(): number {
    return this.#nowUnixMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atUnixMs: this.#nowUnixMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const target = this.#nowUnixMs + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ atUnixMs }) => atUnixMs <= target).toSorted((a, b) => a.atUnixMs - b.atUnixMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowUnixMs = Math.max(this.#nowUnixMs, next.atUnixMs);
      next.task();
    }
    this.#nowUnixMs = target;
  }
}
