const MINUTE_MS = 60_000;
/** A runtime counts in its own time, and its answer is under way for a while. */
const MARGIN = 0.95;
const GROWTH = 1.1;
const RETRY_MS = 1_000;

/**
 * How fast sessions may start. Without a refusal there is no limit; RATE_LIMITED teaches how many the runtime takes in a sliding
 * minute, and after each minute without one a few more are tried.
 */
export class Pace {
  readonly #now: () => number;
  /** Starts of the last minute. */
  readonly #starts: number[] = [];
  #perMinute = Number.POSITIVE_INFINITY;
  #notBefore = 0;
  #learnedAt = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Sessions a minute; Infinity while no limit is known. */
  get perMinute(): number {
    return this.#perMinute;
  }

  /** Milliseconds until the next session may start; 0 = now. */
  get waitMs(): number {
    const now = this.#now();
    this.#forget(now);
    if (now - this.#learnedAt > MINUTE_MS && this.#perMinute !== Number.POSITIVE_INFINITY) {
      this.#learnedAt = now;
      this.#perMinute = Math.ceil(this.#perMinute * GROWTH);
    }
    if (now < this.#notBefore) return this.#notBefore - now;
    if (this.#starts.length < this.#perMinute) return 0;
    const oldest = this.#starts[this.#starts.length - this.#perMinute] ?? now;
    return Math.max(1, oldest + MINUTE_MS - now);
  }

  started(): void {
    this.#starts.push(this.#now());
  }

  /** A session was refused for its rate, and is no start that counts. */
  refused(): void {
    const now = this.#now();
    this.#starts.pop();
    this.#forget(now);
    this.#notBefore = now + RETRY_MS;
    // Sessions that were under way together are refused together, and teach once.
    if (now - this.#learnedAt < RETRY_MS && this.#perMinute !== Number.POSITIVE_INFINITY) return;
    this.#learnedAt = now;
    this.#perMinute = Math.max(1, Math.floor(Math.min(this.#perMinute, this.#starts.length) * MARGIN));
  }

  #forget(now: number): void {
    while (this.#starts[0] !== undefined && this.#starts[0] <= now - MINUTE_MS) this.#starts.shift();
  }
}
