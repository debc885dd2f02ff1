import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TrackRow } from '../../src/model/run-track.js';
import { offset, shortName } from '../format.js';
import { EMPTY_FILTER, type RowFilter } from '../row-filter.js';
import { glyphOf } from '../glyphs.js';

const ROW_PX = 30;
const OVERSCAN = 12;

interface TimelineProps {
  readonly rows: readonly TrackRow[];
  readonly total: number;
  readonly startUnixMs: number;
  readonly selected: number | undefined;
  readonly filter: RowFilter;
  readonly senders: readonly string[];
  readonly types: readonly string[];
  /** Keeps the newest row in view. */
  readonly follow: boolean;
  /** False for a run of agents that somebody else started: what the runtime refused is then not among the rows. */
  readonly refusalsShown: boolean;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onFilter: (filter: RowFilter) => void;
  readonly onSelect: (seq: number | undefined) => void;
}

/** Every envelope on one line. Only the rows in view are in the page, so thousands cost no more than fifty. */
export function Timeline({ rows, total, startUnixMs, selected, filter, senders, types, follow, refusalsShown, searchRef, onFilter, onSelect }: TimelineProps) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const visible = rows.slice(first, first + Math.ceil(height / ROW_PX) + 2 * OVERSCAN);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [rows.length, follow]);
  useEffect(() => {
    const index = rows.findIndex((row) => row.seq === selected);
    const element = box.current;
    if (index === -1 || element === null) return;
    const y = index * ROW_PX;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = y + ROW_PX - element.clientHeight;
  }, [selected]);

  const narrowed = filter.text !== '' || filter.type !== '' || filter.sender !== '';
  return (
    <section class="card timeline" aria-labelledby="timeline-title">
      <div class="row spread">
        <h2 id="timeline-title">Envelopes</h2>
        <span class="muted small-text">{narrowed ? `${rows.length} of ${total}` : total}</span>
      </div>
      <div class="filters">
        <input
          ref={searchRef}
          type="search"
          placeholder="Filter ( / )"
          aria-label="Filter envelopes"
          aria-keyshortcuts="/"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
          onKeyDown={(event) => event.key === 'Escape' && onFilter({ ...filter, text: '' })}
        />
        <Choice label="type" value={filter.type} options={types} onChange={(type) => onFilter({ ...filter, type })} />
        <Choice label="sender" value={filter.sender} options={senders} onChange={(sender) => onFilter({ ...filter, sender })} />
      </div>
      {refusalsShown ? null : (
        <p class="muted small-text">Refused messages are not visible here: the runtime tells only their sender. See the log of the agent.</p>
      )}
      <div
        class="rows"
        ref={box}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        role="listbox"
        aria-label="Envelopes"
        aria-keyshortcuts="j k"
        tabIndex={0}
        aria-activedescendant={selected === undefined ? undefined : `row-${selected}`}
      >
        <div class="rows-space" style={{ height: `${rows.length * ROW_PX}px` }}>
          {visible.map((row, index) => (
            <Row key={row.seq} row={row} y={(first + index) * ROW_PX} startUnixMs={startUnixMs} selected={row.seq === selected} onSelect={onSelect} />
          ))}
        </div>
        {rows.length === 0 ? (
          <p class="muted rows-empty">
            {narrowed ? 'Nothing matches the filter.' : 'Nothing has been sent yet.'}{' '}
            {narrowed ? (
              <button type="button" class="quiet small" onClick={() => onFilter(EMPTY_FILTER)}>
                Clear
              </button>
            ) : null}
          </p>
        ) : null}
      </div>
    </section>
  );
}

function Row({
  row,
  y,
  startUnixMs,
  selected,
  onSelect,
}: {
  row: TrackRow;
  y: number;
  startUnixMs: number;
  selected: boolean;
  onSelect: (seq: number | undefined) => void;
}) {
  const glyph = glyphOf(row);
  return (
    <div
      id={`row-${row.seq}`}
      role="option"
      aria-selected={selected}
      class={`envelope kind-${row.kind}${row.type === 'Refused' ? ' refused' : ''}${selected ? ' selected' : ''}`}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => onSelect(selected ? undefined : row.seq)}
    >
      <span class="mono time">{offset(row.atUnixMs, startUnixMs)}</span>
      <span class={`glyph tone-${glyph.tone}`} aria-hidden="true">
        {glyph.char}
      </span>
      <span class="who">{shortName(row.sender)}</span>
      <span class="type">{row.type}</span>
      <span class="what" title={row.summary}>
        {row.summary}
      </span>
    </div>
  );
}

function Choice({ label, value, options, onChange }: { label: string; value: string; options: readonly string[]; onChange: (value: string) => void }) {
  return (
    <select aria-label={`Only this ${label}`} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">any {label}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {label === 'sender' ? shortName(option) : option}
        </option>
      ))}
    </select>
  );
}
