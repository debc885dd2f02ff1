import type { WireSessionState } from './wire/envelope.js';

/** Where a session stands (RFC-MACP-0001 §7.1). The last three are final. */
export type SessionState = 'OPEN' | 'SUSPENDED' | 'RESOLVED' | 'EXPIRED' | 'CANCELLED';

/** Longest `ttl_ms` of a SessionStart: 24 hours. */
export const MAX_TTL_MS = 86_400_000;
/** Most participants of a session. */
export const MAX_PARTICIPANTS = 1000;
/** Cap on the total suspended time of a session when its start names none: 7 days. */
export const DEFAULT_MAX_SUSPEND_MS = 604_800_000;

const MOVES: Record<SessionState, readonly SessionState[]> = {
  OPEN: ['SUSPENDED', 'RESOLVED', 'EXPIRED', 'CANCELLED'],
  SUSPENDED: ['OPEN', 'EXPIRED', 'CANCELLED'],
  RESOLVED: [],
  EXPIRED: [],
  CANCELLED: [],
};

/** True when the protocol has this transition. */
export function canMove(from: SessionState, to: SessionState): boolean {
  return MOVES[from].includes(to);
}

/** True for RESOLVED, EXPIRED and CANCELLED: nothing follows. */
export function isTerminal(state: SessionState): boolean {
  return MOVES[state].length === 0;
}

/** The state as the wire names it. */
export function toWireState(state: SessionState): WireSessionState {
  return `SESSION_STATE_${state}`;
}

/** The state of a wire name; undefined for `SESSION_STATE_UNSPECIFIED` and names of newer versions. */
export function fromWireState(name: WireSessionState): SessionState | undefined {
  const state = name.slice('SESSION_STATE_'.length);
  return Object.hasOwn(MOVES, state) ? (state as SessionState) : undefined;
}

/** Suspension clock of a session: deadline moves by the time spent suspended (runtime.md §7.2). */
export interface Suspension {
  readonly deadlineUnixMs: number;
  readonly totalSuspendedMs: number;
}

/** The clock after a resume, or `over-cap` when the total suspended time exceeds the cap. */
export function resumeClock(clock: Suspension, suspendedAtUnixMs: number, nowUnixMs: number, maxSuspendMs: number): Suspension | 'over-cap' {
  const pausedMs = Math.max(0, nowUnixMs - suspendedAtUnixMs);
  const totalSuspendedMs = clock.totalSuspendedMs + pausedMs;
  if (totalSuspendedMs > maxSuspendMs) return 'over-cap';
  return { deadlineUnixMs: clock.deadlineUnixMs + pausedMs, totalSuspendedMs };
}
