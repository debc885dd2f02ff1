import { isTerminal, mayControl, refuse } from '@macp-agent/protocol';
import type { LogRecord } from '../log/session-log.js';
import { chain, type MaybePromise } from '../maybe-promise.js';
import type { Kernel } from './kernel.js';
import type { LiveSession } from './live-session.js';
import type { Outcome } from './outcome.js';

export type ControlKind = 'cancel' | 'suspend' | 'resume';

/** True when the sender may cancel, suspend and resume this session (runtime.md §7.4). */
export function isController(session: LiveSession, sender: string): boolean {
  return mayControl(session.view.binding, sender);
}

/** Cancels, suspends or resumes; existence and authority were checked (runtime.md §7.2, §7.3). */
export function control(kernel: Kernel, session: LiveSession, kind: ControlKind, by: string, reason: string): MaybePromise<Outcome> {
  const nowUnixMs = kernel.parts.clock.nowUnixMs();
  return chain(kernel.sessions.expireIfDue(session, nowUnixMs), () => {
    const { state } = session.view;
    if (kind === 'cancel' && isTerminal(state)) {
      // A state that is not on disk yet is not reported: the answer waits for the appends under way, which may still fail.
      const pending = [...session.unsettled.values()];
      if (pending.length > 0) return Promise.all(pending).then(() => control(kernel, session, kind, by, reason));
      return { accepted: true, duplicate: false, state, atUnixMs: nowUnixMs };
    }
    if (kind === 'suspend' && state !== 'OPEN') return refuse('SESSION_NOT_OPEN', `the session ${session.id} is ${state}; only an open one can be suspended`);
    if (kind === 'resume' && state !== 'SUSPENDED')
      return refuse('SESSION_NOT_OPEN', `the session ${session.id} is ${state}; only a suspended one can be resumed`);
    return write(kernel, session, { kind, by, reason, atUnixMs: nowUnixMs });
  });
}

function write(kernel: Kernel, session: LiveSession, record: Extract<LogRecord, { kind: ControlKind }>): MaybePromise<Outcome> {
  return chain(kernel.sessions.commit(session, record), (stored): Outcome => {
    if (!stored) return refuse('INTERNAL_ERROR', `the ${record.kind} could not be stored; ask again`);
    kernel.parts.logger.info(`${record.kind} session_id=${session.id} sender=${record.by}`);
    return { accepted: true, duplicate: false, state: (session.stored ?? session.view).state, atUnixMs: record.atUnixMs };
  });
}
