import type { TrackRow } from './run-track.js';

/** A field of the payload that two envelopes say differently; empty text for one that lacks it. */
export interface FieldDifference {
  readonly name: string;
  readonly left: string;
  readonly right: string;
}

/** Where two runs part: position among their envelopes, and the envelope of each there. */
export interface Divergence {
  /** Envelopes before it; they are the same in both, but for what `start` lists. */
  readonly common: number;
  readonly left: TrackRow | undefined;
  readonly right: TrackRow | undefined;
  /** What differs between two envelopes of one sender and type. */
  readonly fields: readonly FieldDifference[];
}

/** How two runs compare. */
export interface Comparison {
  /** What the two SessionStarts say differently: the policy that was tried, mostly. */
  readonly start: readonly FieldDifference[];
  /** The first envelope after it that differs in sender, type or content; undefined when all the rest is the same. */
  readonly divergence: Divergence | undefined;
}

/** Compares envelope by envelope. Ids and times do not count: they are new in every run. */
export function compareRuns(left: readonly TrackRow[], right: readonly TrackRow[]): Comparison {
  const [a, b] = [left, right].map((rows) => rows.filter((row) => row.kind === 'envelope')) as [TrackRow[], TrackRow[]];
  const bothStart = a[0]?.type === 'SessionStart' && b[0]?.type === 'SessionStart' && a[0].sender === b[0].sender;
  const start = bothStart ? differences(a[0], b[0]) : [];
  for (let at = bothStart ? 1 : 0; at < Math.max(a.length, b.length); at += 1) {
    if (a[at] !== undefined && b[at] !== undefined && meaning(a[at]) === meaning(b[at])) continue;
    return { start, divergence: { common: at, left: a[at], right: b[at], fields: differences(a[at], b[at]) } };
  }
  return { start, divergence: undefined };
}

function differences(left: TrackRow | undefined, right: TrackRow | undefined): FieldDifference[] {
  if (left === undefined || right === undefined || left.type !== right.type || left.sender !== right.sender) return [];
  const [a, b] = [payloadOf(left), payloadOf(right)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((name) => ({ name, left: shown(a[name]), right: shown(b[name]) }))
    .filter((field) => field.left !== field.right);
}

function meaning(row: TrackRow | undefined): string {
  return row === undefined ? '' : JSON.stringify([row.sender, row.type, payloadOf(row)]);
}

function payloadOf({ event: { data } }: TrackRow): Record<string, unknown> {
  const { payload, payloadBase64 } = data;
  if (typeof payload !== 'object' || payload === null) return payloadBase64 === undefined ? {} : { payloadBase64 };
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !/(^i|I)ds?$/.test(name)));
}

const shown = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));
