/** A stretch of time in which nothing happened, drawn shorter than it was. */
export interface Gap {
  readonly fromX: number;
  readonly toX: number;
  readonly ms: number;
}

/** Where a time is drawn, from 0 to 1. */
export interface TimeScale {
  readonly x: (atUnixMs: number) => number;
  readonly gaps: readonly Gap[];
}

/** A quiet stretch longer than this share of the busy time is shortened to it. */
const GAP_SHARE = 0.12;

/** A scale over these times (ascending) in which long idle stretches take little room. */
export function timeScale(times: readonly number[]): TimeScale {
  const first = times[0] ?? 0;
  const steps = times.slice(1).map((time, index) => Math.max(0, time - (times[index] ?? time)));
  const sorted = [...steps].sort((left, right) => left - right);
  // Busy time: what the shorter nine tenths of the steps take.
  const busyMs = sorted.slice(0, Math.ceil(sorted.length * 0.9)).reduce((sum, step) => sum + step, 0);
  const capMs = Math.max(busyMs * GAP_SHARE, 40);
  const drawn = steps.map((step) => Math.min(step, capMs));
  const total = Math.max(
    1,
    drawn.reduce((sum, step) => sum + step, 0),
  );
  const positions: number[] = [0];
  for (const step of drawn) positions.push((positions.at(-1) ?? 0) + step / total);
  const gaps = steps.flatMap((step, index) => (step > capMs * 2 ? [{ fromX: positions[index] ?? 0, toX: positions[index + 1] ?? 1, ms: step }] : []));
  return {
    gaps,
    x: (at) => {
      if (at <= first || times.length < 2) return 0;
      let low = 0;
      let high = times.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((times[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      const from = times[low] ?? first;
      const next = times[low + 1];
      const left = positions[low] ?? 1;
      if (next === undefined || next === from) return left;
      return left + ((positions[low + 1] ?? 1) - left) * ((at - from) / (next - from));
    },
  };
}
