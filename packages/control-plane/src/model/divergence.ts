import type { TrackRow } from './run-track.js';

/** Where two runs part: position among their envelopes, and the envelope of each there. */
export interface Divergence {
  /** Envelopes that are the same in both, counted from the start. */
  readonly common: number;
  readonly left: TrackRow | undefined;
  readonly right: TrackRow | undefined;
}

/** The first envelope that differs in sender, type or content; undefined when both say the same. Ids and times do not count. */
export function firstDivergence(left: readonly TrackRow[], right: readonly TrackRow[]): Divergence | undefined {
  const [a, b] = [left, right].map((rows) => rows.filter((row) => row.kind === 'envelope')) as [TrackRow[], TrackRow[]];
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    if (a[at] === undefined || b[at] === undefined || meaning(a[at]) !== meaning(b[at])) return { common: at, left: a[at], right: b[at] };
  }
  return undefined;
}

function meaning(row: TrackRow | undefined): string {
  if (row === undefined) return '';
  const { payload, payloadBase64 } = row.event.data;
  return JSON.stringify([row.sender, row.type, withoutIds(payload) ?? payloadBase64]);
}

/** Ids that are made anew for every run say nothing about what was meant. */
function withoutIds(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null) return payload;
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !/(^i|I)ds?$/.test(name)));
}
