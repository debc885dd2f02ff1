import type { Output } from '../output.js';

const WIDTH = 24;
const REDRAW_MS = 100;
const PLAIN_MS = 5_000;
/** The rate is that of the last while, so that a slow start is forgotten. */
const WINDOW_MS = 10_000;

/** How far a batch is: a bar at the bottom of the terminal, or a plain line on standard error every few seconds. */
export class Progress {
  readonly #output: Output;
  readonly #total: number;
  readonly #now: () => number;
  readonly #done: { readonly atMs: number; readonly count: number }[] = [];
  #count: number;
  #failed = 0;
  #lastMs: number;

  /** `done` were done before. */
  constructor(output: Output, total: number, done: number, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#total = total;
    this.#now = now;
    this.#count = done;
    this.#lastMs = now();
    this.#done.push({ atMs: this.#lastMs, count: done });
  }

  add(passed: boolean): void {
    this.#count += 1;
    if (!passed) this.#failed += 1;
    const now = this.#now();
    if (now - this.#lastMs < (this.#output.isTty ? REDRAW_MS : PLAIN_MS)) return;
    this.#lastMs = now;
    this.#done.push({ atMs: now, count: this.#count });
    while (this.#done.length > 2 && (this.#done[1]?.atMs ?? now) < now - WINDOW_MS) this.#done.shift();
    if (this.#output.isTty) this.#output.footer(() => [this.#bar()]);
    else this.#output.note(this.#text());
  }

  end(): void {
    this.#output.footer([]);
  }

  #bar(): string {
    const full = Math.round((this.#count / this.#total) * WIDTH);
    const [on, off] = this.#output.unicode ? ['█', '░'] : ['#', '.'];
    return ` ${on.repeat(full)}${off.repeat(WIDTH - full)} ${this.#text()}`;
  }

  #text(): string {
    const first = this.#done[0];
    const last = this.#done.at(-1);
    const ms = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
    const perSecond = ms === 0 || first === undefined || last === undefined ? 0 : ((last.count - first.count) * 1000) / ms;
    const rate = perSecond === 0 ? '' : `, ${perSecond.toFixed(1)}/s, ${duration((this.#total - this.#count) / perSecond)} left`;
    return `${this.#count} of ${this.#total} cases${this.#failed === 0 ? '' : `, ${this.#failed} failed`}${rate}`;
  }
}

/** `45 s`, `3 min 20 s`, `1 h 5 min`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
