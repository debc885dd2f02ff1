/** Strategies and handlers that are at work when the session ends get this long before their signal fires. */
const SETTLE_MS = 250;
/** A handler that is at work in spite of its signal is awaited this long: after the end of the session, and after the agent was told to leave. */
const OVERDUE_MS = { ended: 30_000, left: 5_000 };

/**
 * How long one agent takes part in its session, and how its work is ended: first its signal fires, then whoever is still at work is
 * left behind, so that no handler keeps the agent from ending.
 */
export class Lifetime {
  readonly #onOverdue: (sinceMs: number) => Promise<void>;
  readonly #work = new AbortController();
  readonly #stay = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #release: (() => void) | undefined;
  #hasEnded = false;

  /** `onOverdue`: somebody is at work although the session has ended and their signal fired, so many milliseconds ago. */
  constructor(onOverdue: (sinceMs: number) => Promise<void>) {
    this.#onOverdue = onOverdue;
  }

  /** For those at work: fires when the session has ended or the agent leaves. */
  get workSignal(): AbortSignal {
    return this.#work.signal;
  }

  /** Fires when the agent leaves: nothing is handed over any more. */
  get signal(): AbortSignal {
    return this.#stay.signal;
  }

  /** The session has ended; what is left of it is still handed over. Idempotent. */
  sessionEnded(): void {
    if (this.#hasEnded || this.signal.aborted) return;
    this.#hasEnded = true;
    this.#after(SETTLE_MS, () => {
      this.#work.abort();
      this.#after(OVERDUE_MS.ended, () => void this.#giveUp());
    });
  }

  /** The agent leaves. Idempotent. */
  leave(): void {
    if (this.signal.aborted) return;
    this.#stay.abort();
    this.#work.abort();
    this.#clear();
    if (this.#release !== undefined) this.#after(OVERDUE_MS.left, () => this.#release?.());
  }

  /** What the work comes to; undefined when it is left behind. One at a time. */
  async wait<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      // One promise for each: a race with a single long one would keep every loser of the session.
      return await new Promise<T | undefined>((resolve, reject) => {
        this.#release = () => resolve(undefined);
        work.then(resolve, reject);
      });
    } finally {
      this.#release = undefined;
    }
  }

  /** Lets those at work finish what the end of the session cut short, then leaves. */
  async settle(work: Promise<void>): Promise<void> {
    if (!this.signal.aborted) await isDoneWithin(SETTLE_MS, work);
    this.leave();
  }

  /** Leaves, and keeps no timer. Idempotent. */
  end(): void {
    this.leave();
    this.#clear();
  }

  async #giveUp(): Promise<void> {
    if (this.#release === undefined) return;
    await this.#onOverdue(OVERDUE_MS.ended);
    this.#stay.abort();
    this.#release?.();
  }

  #after(delayMs: number, fn: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fn();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Whether the work is done in that time; fails as it does. */
export async function isDoneWithin(limitMs: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
