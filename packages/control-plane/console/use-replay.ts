import { useEffect, useRef, useState } from 'preact/hooks';
import type { TrackRow } from '../src/model/run-track.js';

/** Longest and shortest wait between two rows: waiting for an agent is not worth watching. */
const STEP_MS = { min: 60, max: 700 };

/** Moves the cursor over the recorded rows at their own pace, idle times shortened. */
export function useReplay(
  rows: readonly TrackRow[],
  cursor: number | undefined,
  setCursor: (seq: number | undefined) => void,
): { playing: boolean; start(): void; stop(): void; toggle(): void } {
  const [playing, setPlaying] = useState(false);
  const state = useRef({ rows, cursor });
  state.current = { rows, cursor };

  useEffect(() => {
    if (!playing) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const step = (): void => {
      const { rows: known, cursor: seq } = state.current;
      const at = known.findIndex((row) => row.seq > (seq ?? Number.POSITIVE_INFINITY));
      const next = known[at];
      if (at === -1 || next === undefined) {
        setPlaying(false);
        setCursor(undefined);
        return;
      }
      setCursor(next.seq);
      const after = known[at + 1];
      const waitMs = after === undefined ? STEP_MS.max : Math.min(STEP_MS.max, Math.max(STEP_MS.min, after.atUnixMs - next.atUnixMs));
      timer = setTimeout(step, waitMs);
    };
    timer = setTimeout(step, STEP_MS.min);
    return () => clearTimeout(timer);
  }, [playing]);

  const start = (): void => {
    setCursor(0);
    setPlaying(true);
  };
  return {
    playing,
    start,
    stop: () => setPlaying(false),
    toggle: () => (playing ? setPlaying(false) : state.current.cursor === undefined ? start() : setPlaying(true)),
  };
}
