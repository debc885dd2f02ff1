import { isMacpError, MacpError, type SessionState } from '@macp-agent/protocol';
import { HttpError } from '../http/http-error.js';
import type { Run } from '../model/run.js';
import type { RuntimeLink } from '../observer/runtime-link.js';
import type { RunStore } from '../store/run-store.js';
import { untilRecorded } from './until-recorded.js';

/** What suspending and resuming need. */
export interface PauseParts {
  readonly store: RunStore;
  readonly link: RuntimeLink;
  /** How long the answer waits for the record to say so. */
  readonly confirmMs: number;
  readonly onState: (run: Run, state: SessionState) => Promise<void>;
}

/** What each call wants the run to be, and what the session is after it. */
const MOVES = {
  suspend: { from: 'running', to: 'SUSPENDED', call: 'suspendSession', rpc: 'SuspendSession' },
  resume: { from: 'suspended', to: 'OPEN', call: 'resumeSession', rpc: 'ResumeSession' },
} as const;

/**
 * Suspends or resumes the session of a run with the identity of this observer, which the runtime lets only where the bound policy
 * names it. No callback exists for it, so that any other run is suspended by its initiator alone. Throws HttpError 400 when the run
 * is in no state for it, MacpError FORBIDDEN when the runtime refuses.
 */
export async function pauseRun(parts: PauseParts, run: Run, what: keyof typeof MOVES, reason: string | null, signal?: AbortSignal): Promise<Run> {
  const { from, to, call, rpc } = MOVES[what];
  if (run.status !== from) throw new HttpError(400, 'INVALID_STATE_TRANSITION', `the run ${run.id} is ${run.status}; only a ${from} run can ${what}`);
  try {
    const state = await parts.link[call](run.runtimeSessionId, reason ?? '', signal);
    await parts.onState(run, state ?? to);
    await untilRecorded(parts.store, run.id, ({ status }) => status !== from, parts.confirmMs);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'FORBIDDEN') throw error;
    const message = `the runtime refused: this observer may not ${what} session ${run.runtimeSessionId}. Its initiator may, with ${rpc}; or name the sender of this observer in commitment.designated_roles of the bound policy (authority designated_role)`;
    throw new MacpError('FORBIDDEN', message, { cause: error, context: { runId: run.id } });
  }
  return parts.store.get(run.id) ?? run;
}
