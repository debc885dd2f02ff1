import {
  checkStartFields,
  DEFAULT_POLICY_ID,
  isSessionId,
  openSession,
  policyFitsMode,
  refuse,
  SessionStartPayload,
  type Envelope,
} from '@macp-agent/protocol';
import type { Caller } from '../auth/identity.js';
import { chain, type MaybePromise } from '../maybe-promise.js';
import { admitDuplicate } from './admit-duplicate.js';
import type { Kernel } from './kernel.js';
import type { Outcome } from './outcome.js';

/** SessionStart admission, in the order of runtime.md §5. */
export function admitStart(kernel: Kernel, envelope: Envelope, caller: Caller, nowUnixMs: number): MaybePromise<Outcome> {
  const { sessions } = kernel;
  const { modes, policies, log, logger } = kernel.parts;
  const { sessionId } = envelope;
  if (!isSessionId(sessionId)) return refuse('INVALID_SESSION_ID', 'a session id is a lower-case UUID version 4 or 7, or 22 to 128 base64url characters');
  const mode = modes.get(envelope.mode);
  if (mode === undefined) return refuse('MODE_NOT_SUPPORTED', `the mode ${envelope.mode} is not registered here`);
  const start = decodeStart(envelope);
  if (start === undefined) return refuse('INVALID_ENVELOPE', 'the payload is not a macp.v1.SessionStartPayload');
  const fields = checkStartFields(mode, start);
  if (!fields.accepted) return fields;

  const known = sessions.get(sessionId);
  if (known !== undefined) return admitDuplicate(kernel, known, envelope, nowUnixMs, () => admitStart(kernel, envelope, caller, nowUnixMs)) ?? taken(sessionId);
  if (log.knows(sessionId)) return taken(sessionId);

  const policyId = start.policyVersion === '' ? DEFAULT_POLICY_ID : start.policyVersion;
  const policy = policies.get(policyId);
  if (policy === undefined) return refuse('UNKNOWN_POLICY_VERSION', `the policy ${policyId} is not registered; register it first`);
  if (!policyFitsMode(policy, envelope.mode)) return refuse('INVALID_POLICY_DEFINITION', `the policy ${policyId} is for the mode ${policy.mode}`);
  const rule = mode.checkStart(start, envelope.sender);
  if (!rule.accepted) return rule;
  const { maxOpenSessions } = caller;
  if (maxOpenSessions !== undefined && sessions.countOpen(caller.sender, nowUnixMs) >= maxOpenSessions)
    return refuse('RATE_LIMITED', `${caller.sender} has its limit of ${maxOpenSessions} open sessions; finish one first`);

  const view = openSession(envelope, nowUnixMs, policy, mode);
  const { modeVersion, maxSuspendMs } = view.binding;
  const stored = sessions.open({ kind: 'start', envelope, atUnixMs: nowUnixMs, policy, bound: { modeVersion, maxSuspendMs } }, view);
  return chain(stored, (ok): Outcome => {
    if (!ok) return refuse('INTERNAL_ERROR', 'the session could not be stored; send the same message again');
    logger.info(`SessionStart accepted, initiator_sender=${envelope.sender} session_id=${sessionId} mode=${envelope.mode} sender=${envelope.sender}`);
    return { accepted: true, duplicate: false, state: 'OPEN', atUnixMs: nowUnixMs };
  });
}

function taken(sessionId: string): Outcome {
  return refuse('SESSION_ALREADY_EXISTS', `the session id ${sessionId} is taken; use a new one`);
}

function decodeStart(envelope: Envelope): SessionStartPayload | undefined {
  if (envelope.payload.length === 0) return undefined;
  try {
    return SessionStartPayload.decode(envelope.payload);
  } catch {
    // Whatever the decoder dislikes is the same refusal; the bytes are not worth quoting.
    return undefined;
  }
}
