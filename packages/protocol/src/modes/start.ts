import { MAX_PARTICIPANTS, MAX_TTL_MS } from '../session-lifecycle.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { SessionStartPayload } from '../wire/payloads.js';
import type { Mode } from './mode.js';

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

/** Checks 4 to 9 and 14 of SessionStart admission (runtime.md §5), which need no state. */
export function checkSessionStart(mode: Mode, start: SessionStartPayload, initiator: string): Verdict {
  const verdict = checkStartFields(mode, start);
  return verdict.accepted ? mode.checkStart(start, initiator) : verdict;
}

/** Checks 4 to 9 alone: a runtime looks at the session id and the policy before it asks the mode (check 14). */
export function checkStartFields(mode: Mode, start: SessionStartPayload): Verdict {
  if (mode.strictStart) {
    const verdict = checkStrict(start);
    if (!verdict.accepted) return verdict;
  }
  const { modeVersion } = mode.descriptor;
  if (start.modeVersion !== '' && start.modeVersion !== modeVersion) return invalid(`mode_version ${start.modeVersion} is not ${modeVersion}`);
  if (!(start.ttlMs >= 1 && start.ttlMs <= MAX_TTL_MS)) return invalid(`ttl_ms must be between 1 and ${MAX_TTL_MS}`);
  return ACCEPTED;
}

function checkStrict(start: SessionStartPayload): Verdict {
  if (!(start.ttlMs >= 1 && start.ttlMs <= MAX_TTL_MS)) return invalid(`ttl_ms must be between 1 and ${MAX_TTL_MS}`);
  if (start.modeVersion.trim() === '' || start.configurationVersion.trim() === '') return invalid('mode_version and configuration_version must not be blank');
  const names = start.participants.map((participant) => participant.trim());
  if (names.length === 0 || names.length > MAX_PARTICIPANTS) return invalid(`participants must hold 1 to ${MAX_PARTICIPANTS} entries`);
  if (names.includes('')) return invalid('a participant is blank');
  if (new Set(names).size !== names.length) return invalid('a participant is named twice');
  if (start.maxSuspendMs < 0) return invalid('max_suspend_ms must not be negative');
  return ACCEPTED;
}

export function requireParticipants(start: SessionStartPayload): Verdict {
  return start.participants.length > 0 ? ACCEPTED : invalid('at least one participant is needed');
}
