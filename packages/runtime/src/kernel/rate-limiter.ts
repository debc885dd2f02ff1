const WINDOW_MS = 60_000;

/** How many messages a sender may have in a sliding minute; undefined: no limit. */
export interface RateLimits {
  readonly sessionStartsPerMinute: number | undefined;
  readonly messagesPerMinute: number | undefined;
}

type Kind = 'start' | 'message';

/** Two counters per sender; a refused attempt is not counted (runtime.md §15.2). */
export class RateLimiter {
  readonly #windows: Record<Kind, { readonly limit: number | undefined; readonly senders: Map<string, SlidingWindow> }>;

  constructor(limits: RateLimits) {
    this.#windows = {
      start: { limit: limits.sessionStartsPerMinute, senders: new Map() },
      message: { limit: limits.messagesPerMinute, senders: new Map() },
    };
  }

  /** True when the attempt is within the limit; it is then counted. */
  admit(kind: Kind, sender: string, nowUnixMs: number): boolean {
    const { limit, senders } = this.#windows[kind];
    if (limit === undefined) return true;
    let window = senders.get(sender);
    if (window === undefined) senders.set(sender, (window = new SlidingWindow()));
    if (window.count(nowUnixMs) >= limit) return false;
    window.add(nowUnixMs);
    return true;
  }

  /** Forgets senders that were silent for a minute. */
  sweep(nowUnixMs: number): void {
    for (const { senders } of Object.values(this.#windows)) {
      for (const [sender, window] of senders) if (window.count(nowUnixMs) === 0) senders.delete(sender);
    }
  }
}

/** Times of the last minute, oldest first; never longer than the limit that asks it. */
class SlidingWindow {
  #times: number[] = [];
  #oldest = 0;

  count(nowUnixMs: number): number {
    // The clock was set back: what lies ahead of it must not count for longer than a minute.
    if ((this.#times.at(-1) ?? 0) > nowUnixMs) this.#times = this.#times.map((atUnixMs) => Math.min(atUnixMs, nowUnixMs));
    while (this.#oldest < this.#times.length && (this.#times[this.#oldest] as number) <= nowUnixMs - WINDOW_MS) this.#oldest += 1;
    if (this.#oldest > 256 && this.#oldest * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#oldest);
      this.#oldest = 0;
    }
    return this.#times.length - this.#oldest;
  }

  add(atUnixMs: number): void {
    this.#times.push(atUnixMs);
  }
}
