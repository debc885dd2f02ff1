/** Where the runtime takes time from. Everything it decides by time goes through this seam. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowUnixMs(): number;
  /** Runs `task` once after `delayMs`; the answer cancels it. A waiting task does not keep the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** Longest delay that a timer of Node takes without firing at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  nowUnixMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
