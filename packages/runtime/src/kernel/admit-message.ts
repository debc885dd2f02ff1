import { applyEnvelope, decodePayload, refuse, type Envelope, type Mode } from '@macp-agent/protocol';
import { chain, type MaybePromise } from '../maybe-promise.js';
import { admitDuplicate } from './admit-duplicate.js';
import type { Kernel } from './kernel.js';
import type { LiveSession } from './live-session.js';
import type { Outcome } from './outcome.js';
import { replayWithBinding } from './recover.js';

/** Checks 15 to 24 of a session message (runtime.md §4). */
export function admitMessage(kernel: Kernel, envelope: Envelope, nowUnixMs: number): MaybePromise<Outcome> {
  const { sessions } = kernel;
  const { modes, logger } = kernel.parts;
  const { messageType, sender, sessionId } = envelope;
  const session = sessions.get(sessionId);
  if (session === undefined) return refuse('SESSION_NOT_FOUND', `the session ${sessionId} is not known here`);
  const duplicate = admitDuplicate(kernel, session, envelope, nowUnixMs, () => admitMessage(kernel, envelope, nowUnixMs));
  if (duplicate !== undefined) return duplicate;
  if (envelope.mode !== session.view.binding.mode) return refuse('INVALID_ENVELOPE', `the session ${sessionId} is of the mode ${session.view.binding.mode}`);
  if (session.view.state === 'OPEN' && nowUnixMs > session.view.deadlineUnixMs) {
    return chain(sessions.expireIfDue(session, nowUnixMs), () => refuse('SESSION_NOT_OPEN', `the session ${sessionId} is past its deadline`));
  }
  if (session.view.state !== 'OPEN') return refuse('SESSION_NOT_OPEN', `the session ${sessionId} is ${session.view.state}`);

  const mode = modeOf(kernel, session, modes.get(envelope.mode));
  if (mode === undefined) return refuse('MODE_NOT_SUPPORTED', `the mode ${envelope.mode} is no longer registered here`);
  const { binding, modeState } = session.view;
  const authority = mode.authorize(modeState, binding, sender, messageType);
  if (!authority.accepted) return authority;
  const decoded = decodePayload(envelope.mode, messageType, envelope.payload);
  if (!decoded.ok) return refuse('INVALID_ENVELOPE', decoded.message);
  const verdict = mode.check(modeState, binding, { messageType, sender, payload: decoded.payload, atUnixMs: nowUnixMs });
  if (!verdict.accepted) {
    if (messageType === 'Commitment') kernel.parts.counters.add('macp_commitments_rejected_total', binding.mode);
    return verdict;
  }

  const next = applyEnvelope(session.view, envelope, nowUnixMs);
  return chain(sessions.commit(session, { kind: 'envelope', envelope, atUnixMs: nowUnixMs }, next), (stored): Outcome => {
    if (!stored) return refuse('INTERNAL_ERROR', 'the message could not be stored; send it again');
    logger.info(`accepted ${messageType} session_id=${sessionId} sender=${sender}`);
    return { accepted: true, duplicate: false, state: next.state, atUnixMs: nowUnixMs };
  });
}

/**
 * The code that judges the session: that of its start, while the registry still has the mode in that version. A session
 * that an earlier process left in a mode which was registered again is folded anew with it.
 */
function modeOf(kernel: Kernel, session: LiveSession, registered: Mode | undefined): Mode | undefined {
  const { binding, mode } = session.view;
  if (registered?.descriptor.modeVersion !== binding.modeVersion) return undefined;
  if (mode !== undefined) return mode;
  const folded = replayWithBinding(kernel, kernel.history(session.id));
  if (folded === undefined) return undefined;
  session.view = { ...session.view, mode: registered, modeState: folded.modeState };
  return registered;
}
