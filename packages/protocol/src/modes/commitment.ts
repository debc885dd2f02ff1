import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { CommitmentPayload } from '../wire/payloads.js';
import type { SessionBinding } from './mode.js';

const POSITIVE_ENDINGS = ['selected', 'accepted', 'completed', 'approved'];
const NEGATIVE_ENDINGS = ['rejected', 'failed', 'declined'];
const ends = (action: string, endings: readonly string[]): boolean => endings.some((ending) => action.endsWith(ending));

/** Rows 2 to 6 of the payload checks common to all modes (modes.md §2.2). */
export function checkCommitment(binding: SessionBinding, payload: CommitmentPayload): Verdict {
  const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);
  for (const field of ['commitmentId', 'action', 'authorityScope', 'reason'] as const) {
    if (payload[field].trim() === '') return invalid(`${field} must not be blank`);
  }
  if (payload.modeVersion !== binding.modeVersion) return invalid(`mode_version must echo ${binding.modeVersion}`);
  if (payload.configurationVersion !== binding.configurationVersion) return invalid(`configuration_version must echo ${binding.configurationVersion}`);
  if (payload.policyVersion !== '' && payload.policyVersion !== binding.policyVersion)
    return invalid(`policy_version must be empty or echo ${binding.policyVersion}`);
  const { supersedes } = payload;
  if (supersedes !== undefined && (supersedes.sessionId.trim() === '' || supersedes.commitmentHash.trim() === ''))
    return invalid('supersedes needs session_id and commitment_hash');
  const implied = impliedPolarity(payload.action);
  if (implied !== undefined && implied !== payload.outcomePositive) return invalid(`the action ${payload.action} asks for outcome_positive ${implied}`);
  return ACCEPTED;
}

/** The polarity that the ending of an action demands, if any: a plain, case-sensitive suffix test (modes.md §2.3). */
export function impliedPolarity(action: string): boolean | undefined {
  if (ends(action, POSITIVE_ENDINGS)) return true;
  return ends(action, NEGATIVE_ENDINGS) ? false : undefined;
}
