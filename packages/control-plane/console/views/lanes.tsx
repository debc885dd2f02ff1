import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ModelSpan, TrackRow } from '../../src/model/run-track.js';
import type { FoldedSession } from '../../src/model/session-fold.js';
import { duration, labelOf, offset, shortName } from '../format.js';
import { glyphOf } from '../glyphs.js';
import { timeScale, type TimeScale } from '../time-scale.js';

const LANE_PX = 30;
const AXIS_PX = 22;
/** What the times at both ends of the axis take, and half of a label beside them. */
const AXIS_ENDS_PX = { begin: 70, end: 96 };
const PAD_PX = 16;
/** Marks closer than this are drawn as one, with their number. */
const MERGE_PX = 12;
const ZOOMS = [1, 2, 4, 8, 16];
/** With more votes than this, only the chosen one shows its arrow. */
const MAX_ARROWS = 40;

interface LanesProps {
  readonly rows: readonly TrackRow[];
  /** Also the rows after the cursor: the scale stays as it is while scrubbing. */
  readonly all: readonly TrackRow[];
  readonly session: FoldedSession | undefined;
  readonly spans: readonly ModelSpan[];
  readonly selected: number | undefined;
  readonly live: boolean;
  /** Which run they are of, where two stand beside each other. */
  readonly of?: string | undefined;
  readonly onSelect: (seq: number) => void;
}

interface Mark {
  readonly row: TrackRow;
  readonly x: number;
  readonly lane: number;
  readonly merged: number;
}

/** Who did what when: one lane per participant, the initiator on top, signals apart because they bind nobody. */
export function Lanes({ rows, all, spans, session, selected, live, of, onSelect }: LanesProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(700);
  const [zoom, setZoom] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const lanes = useMemo(() => laneNames(all, session), [all.length, session?.binding]);
  const drawn = Math.max(200, width - 2) * (ZOOMS[zoom] ?? 1);
  const scale = useMemo(() => timeScale(all.map((row) => row.atUnixMs).sort((left, right) => left - right)), [all.length]);
  const marks = useMemo(() => place(rows, lanes, scale, drawn), [rows, lanes, scale, drawn]);
  const height = lanes.length * LANE_PX + AXIS_PX;
  useEffect(() => {
    if (live && box.current !== null) box.current.scrollLeft = box.current.scrollWidth;
  }, [marks.length, live, zoom]);

  return (
    <section class="card lanes" aria-label={labelOf('Participants', of)}>
      <div class="row spread">
        <h2>Participants</h2>
        <div class="row">
          <button type="button" class="quiet small" aria-label="Zoom out" disabled={zoom === 0} onClick={() => setZoom(zoom - 1)}>
            −
          </button>
          <button type="button" class="quiet small" aria-label="Zoom in" disabled={zoom === ZOOMS.length - 1} onClick={() => setZoom(zoom + 1)}>
            +
          </button>
        </div>
      </div>
      <div class="lanes-grid">
        <ul class="lane-names" style={{ gridAutoRows: `${LANE_PX}px` }}>
          {lanes.map((name, index) => (
            <li key={name} class={name === SIGNALS ? 'muted' : ''} title={name}>
              <span class="lane-name">{name === SIGNALS ? 'signals' : shortName(name)}</span>
              {index === 0 && session !== undefined ? <small class="muted">initiator</small> : <LaneVote session={session} name={name} rows={rows} />}
            </li>
          ))}
        </ul>
        <div class="lanes-scroll" ref={box}>
          <svg
            width={drawn}
            height={height}
            role="img"
            aria-label={`${rows.length} envelopes and signals of ${lanes.length} lanes over time; the list beside it has each of them`}
          >
            {lanes.map((name, index) => (
              <line key={name} class="lane-line" x1={0} x2={drawn} y1={(index + 0.5) * LANE_PX} y2={(index + 0.5) * LANE_PX} />
            ))}
            <Gaps scale={scale} drawn={drawn} height={height} />
            <Spans spans={spans} lanes={lanes} scale={scale} drawn={drawn} />
            <Arrows marks={marks} selected={selected} />
            {marks.map((mark) => (
              <MarkShape key={mark.row.seq} mark={mark} selected={mark.row.seq === selected} onSelect={onSelect} />
            ))}
            <Axis all={all} scale={scale} drawn={drawn} y={height - 6} />
          </svg>
        </div>
      </div>
    </section>
  );
}

/** Never merged away, and drawn over the others. */
const IMPORTANT = new Set(['SessionStart', 'Proposal', 'Commitment', 'Vote', 'Refused']);

const SIGNALS = '\u0000signals';

function laneNames(rows: readonly TrackRow[], session: FoldedSession | undefined): string[] {
  const initiator = session?.binding.initiator;
  const senders = rows.filter((row) => row.kind === 'envelope').map((row) => row.sender);
  const names = [...new Set([...(initiator === undefined ? [] : [initiator]), ...(session?.binding.participants ?? []), ...senders])];
  return rows.some((row) => row.kind === 'signal') ? [...names, SIGNALS] : names;
}

function place(rows: readonly TrackRow[], lanes: readonly string[], scale: TimeScale, drawn: number): Mark[] {
  const index = new Map(lanes.map((name, at) => [name, at]));
  const last = new Map<number, { mark: Mark; at: number }>();
  const marks: Mark[] = [];
  for (const row of rows) {
    const lane = index.get(row.kind === 'signal' ? SIGNALS : row.sender);
    if (lane === undefined || (row.kind === 'state' && row.type !== 'Refused')) continue;
    const x = PAD_PX + scale.x(row.atUnixMs) * (drawn - 2 * PAD_PX);
    const before = last.get(lane);
    // Different kinds at one moment stand beside each other, but never far from their time: more than that is one mark with a number.
    const beside = before === undefined ? x : Math.max(x, before.mark.x + MERGE_PX);
    const crowded = before !== undefined && x - before.mark.x < MERGE_PX && (before.mark.row.type === row.type || beside - x > MERGE_PX);
    if (crowded && !IMPORTANT.has(row.type)) {
      const mark = { ...before.mark, merged: before.mark.merged + 1 };
      marks[before.at] = mark;
      last.set(lane, { mark, at: before.at });
      continue;
    }
    const mark: Mark = { row, lane, merged: 1, x: beside };
    last.set(lane, { mark, at: marks.length });
    marks.push(mark);
  }
  return marks.sort((left, right) => Number(IMPORTANT.has(left.row.type)) - Number(IMPORTANT.has(right.row.type)));
}

function MarkShape({ mark, selected, onSelect }: { mark: Mark; selected: boolean; onSelect: (seq: number) => void }) {
  const { char, tone } = glyphOf(mark.row);
  const y = (mark.lane + 0.5) * LANE_PX;
  return (
    <g class={`mark tone-${tone}${selected ? ' selected' : ''}`} onClick={() => onSelect(mark.row.seq)}>
      <title>{`${mark.row.type} ${mark.row.summary}${mark.merged > 1 ? ` (and ${mark.merged - 1} more)` : ''}`}</title>
      <circle cx={mark.x} cy={y} r={7} class="mark-back" />
      <text x={mark.x} y={y} class="mark-char">
        {char}
      </text>
      {mark.merged > 4 ? (
        <text x={mark.x + 6} y={y - 8} class="mark-count">
          {mark.merged}
        </text>
      ) : null}
    </g>
  );
}

/** From a vote, evaluation or objection to the proposal that it is about. */
function Arrows({ marks, selected }: { marks: readonly Mark[]; selected: number | undefined }) {
  const proposalId = (row: TrackRow): unknown => (row.event.data['payload'] as Record<string, unknown> | undefined)?.['proposalId'];
  const proposals = new Map(marks.filter((mark) => mark.row.type === 'Proposal').map((mark) => [proposalId(mark.row), mark]));
  const about = marks.filter((mark) => mark.row.type === 'Vote' || (mark.row.seq === selected && mark.row.type !== 'Proposal'));
  const shown = about.length > MAX_ARROWS ? about.filter((mark) => mark.row.seq === selected) : about;
  return (
    <g class="arrows">
      {shown.map((mark) => {
        const to = proposals.get(proposalId(mark.row));
        if (to === undefined) return null;
        const [x1, y1, x2, y2] = [mark.x, (mark.lane + 0.5) * LANE_PX, to.x, (to.lane + 0.5) * LANE_PX];
        return (
          <path
            key={mark.row.seq}
            class={mark.row.seq === selected ? 'selected' : ''}
            d={`M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`}
          />
        );
      })}
    </g>
  );
}

/** Time that a model took, where a call reported it. */
function Spans({ spans, lanes, scale, drawn }: { spans: readonly ModelSpan[]; lanes: readonly string[]; scale: TimeScale; drawn: number }) {
  const x = (at: number): number => PAD_PX + scale.x(at) * (drawn - 2 * PAD_PX);
  return (
    <g class="spans">
      {spans.map((span) => (
        <rect
          key={span.seq}
          x={x(span.fromUnixMs)}
          width={Math.max(2, x(span.toUnixMs) - x(span.fromUnixMs))}
          y={(lanes.indexOf(span.sender) + 0.5) * LANE_PX - 3}
          height={6}
          rx={3}
        >
          <title>{`${span.model} ${duration(span.toUnixMs - span.fromUnixMs)}`}</title>
        </rect>
      ))}
    </g>
  );
}

function Gaps({ scale, drawn, height }: { scale: TimeScale; drawn: number; height: number }) {
  const x = (share: number): number => PAD_PX + share * (drawn - 2 * PAD_PX);
  const isFree = (middle: number): boolean => middle > AXIS_ENDS_PX.begin && middle < drawn - AXIS_ENDS_PX.end;
  return (
    <g class="gaps">
      {scale.gaps.map((gap) => (
        <g key={gap.fromX}>
          <line x1={(x(gap.fromX) + x(gap.toX)) / 2} x2={(x(gap.fromX) + x(gap.toX)) / 2} y1={0} y2={height - AXIS_PX} />
          {x(gap.toX) - x(gap.fromX) > 36 && isFree((x(gap.fromX) + x(gap.toX)) / 2) ? (
            <text x={(x(gap.fromX) + x(gap.toX)) / 2} y={height - 6}>
              {duration(gap.ms)}
            </text>
          ) : null}
        </g>
      ))}
    </g>
  );
}

function Axis({ all, scale, drawn, y }: { all: readonly TrackRow[]; scale: TimeScale; drawn: number; y: number }) {
  const first = all[0]?.atUnixMs;
  const last = all.at(-1)?.atUnixMs;
  if (first === undefined || last === undefined) return null;
  return (
    <g class="axis">
      <text x={4} y={y}>
        {offset(first, first).slice(0, 6)}
      </text>
      {scale.x(last) === 0 ? null : (
        <text x={drawn - 4} y={y} text-anchor="end">
          {offset(last, first)}
        </text>
      )}
    </g>
  );
}

function LaneVote({ session, name, rows }: { session: FoldedSession | undefined; name: string; rows: readonly TrackRow[] }) {
  if (session === undefined || name === SIGNALS) return null;
  const latest = rows.findLast((row) => row.sender === name && row.kind === 'envelope');
  const { char, tone } = latest === undefined ? { char: '', tone: 'idle' } : glyphOf(latest);
  return (
    <small class={`tone-${tone}`}>
      <span aria-hidden="true">{char}</span> {latest?.type === 'Vote' ? latest.summary.split(' ', 1)[0]?.toLowerCase() : (latest?.type.toLowerCase() ?? 'idle')}
    </small>
  );
}
