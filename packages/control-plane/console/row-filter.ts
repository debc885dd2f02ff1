import type { TrackRow } from '../src/model/run-track.js';

/** What the timeline is narrowed to; empty parts narrow nothing. */
export interface RowFilter {
  readonly text: string;
  readonly type: string;
  readonly sender: string;
}

export const EMPTY_FILTER: RowFilter = { text: '', type: '', sender: '' };

export function filterRows(rows: readonly TrackRow[], { text, type, sender }: RowFilter): readonly TrackRow[] {
  if (text === '' && type === '' && sender === '') return rows;
  const words = text.toLowerCase();
  return rows.filter(
    (row) =>
      (type === '' || row.type === type) &&
      (sender === '' || row.sender === sender) &&
      (words === '' || `${row.type} ${row.sender} ${row.summary}`.toLowerCase().includes(words)),
  );
}
