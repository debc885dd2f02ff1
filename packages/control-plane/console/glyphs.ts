import type { TrackRow } from '../src/model/run-track.js';

/** How a row is drawn: the shape says the type, so colour is never alone. */
export interface Glyph {
  readonly char: string;
  readonly tone: 'idle' | 'live' | 'good' | 'bad' | 'warn';
}

const SHAPES: Readonly<Record<string, Glyph>> = {
  SessionStart: { char: '▸', tone: 'idle' },
  Proposal: { char: '◆', tone: 'live' },
  CounterProposal: { char: '◇', tone: 'live' },
  ApprovalRequest: { char: '◆', tone: 'live' },
  TaskRequest: { char: '◆', tone: 'live' },
  HandoffOffer: { char: '◆', tone: 'live' },
  Evaluation: { char: '▲', tone: 'live' },
  Objection: { char: '⚑', tone: 'warn' },
  Commitment: { char: '★', tone: 'good' },
  Accept: { char: '●', tone: 'good' },
  Approve: { char: '●', tone: 'good' },
  Reject: { char: '■', tone: 'bad' },
  Withdraw: { char: '○', tone: 'warn' },
  Abstain: { char: '○', tone: 'idle' },
  TaskFail: { char: '■', tone: 'bad' },
  TaskComplete: { char: '●', tone: 'good' },
};

export function glyphOf(row: TrackRow): Glyph {
  if (row.kind === 'signal') return { char: '~', tone: 'idle' };
  if (row.type === 'Refused') return { char: '✗', tone: 'bad' };
  if (row.kind === 'state') return { char: '–', tone: row.type === 'Failed' ? 'bad' : 'warn' };
  const payload = (row.event.data['payload'] ?? {}) as Record<string, unknown>;
  if (row.type === 'Vote') return VOTES[String(payload['vote']).toUpperCase()] ?? { char: '●', tone: 'idle' };
  if (row.type === 'Objection' && payload['severity'] === 'critical') return { char: '⚑', tone: 'bad' };
  if (row.type === 'Evaluation') return { char: '▲', tone: RECOMMENDATIONS[String(payload['recommendation']).toUpperCase()] ?? 'live' };
  if (row.type === 'Commitment' && payload['outcomePositive'] !== true) return { char: '★', tone: 'bad' };
  return SHAPES[row.type] ?? { char: '·', tone: 'idle' };
}

const VOTES: Readonly<Record<string, Glyph>> = {
  APPROVE: { char: '●', tone: 'good' },
  REJECT: { char: '■', tone: 'bad' },
  ABSTAIN: { char: '○', tone: 'idle' },
};
const RECOMMENDATIONS: Readonly<Record<string, Glyph['tone']>> = { APPROVE: 'good', REJECT: 'bad', BLOCK: 'bad', REVIEW: 'warn' };
