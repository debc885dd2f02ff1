import type { TrackRow } from '../../src/model/run-track.js';

interface ScrubberProps {
  readonly rows: readonly TrackRow[];
  readonly cursor: number | undefined;
  readonly playing: boolean;
  /** More may come, so that following can be paused. */
  readonly open: boolean;
  readonly onChange: (seq: number | undefined) => void;
  readonly onPlay: () => void;
}

/** Goes back to any row: outcome, votes and lanes are folded again from the record up to there. */
export function Scrubber({ rows, cursor, playing, open, onChange, onPlay }: ScrubberProps) {
  const at = cursor === undefined ? rows.length : rows.findLastIndex((row) => row.seq <= cursor) + 1;
  const behind = rows.length - at;
  const row = rows[at - 1];
  const label = cursor === undefined ? `latest, ${rows.length} of ${rows.length}` : `${at} of ${rows.length}${row === undefined ? '' : `, ${row.type}`}`;
  const move = (value: number): void => onChange(value >= rows.length ? undefined : (rows[value - 1]?.seq ?? 0));
  return (
    <div class="scrubber">
      <button type="button" class="quiet small" onClick={onPlay} aria-label={playing ? 'Pause replay' : 'Play from here'} disabled={rows.length === 0}>
        {playing ? '❚❚' : '▶'}
      </button>
      <input
        type="range"
        min={0}
        max={rows.length}
        step={1}
        value={at}
        disabled={rows.length === 0}
        aria-label="Position in the record"
        aria-valuetext={label}
        onInput={(event) => move(Number(event.currentTarget.value))}
      />
      <span class="mono small-text scrub-label">
        {at}/{rows.length}
      </span>
      {cursor === undefined && !open ? null : cursor === undefined ? (
        <button type="button" class="quiet small" onClick={() => onChange(rows.at(-1)?.seq)} aria-keyshortcuts="Space" title="Stop following (space)">
          Pause
        </button>
      ) : (
        <button type="button" class="small primary" onClick={() => onChange(undefined)} aria-keyshortcuts="Space">
          Jump to latest{behind > 0 ? ` (+${behind})` : ''}
        </button>
      )}
    </div>
  );
}
