import { commitmentRulesOf } from '../policy/rules.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { CommitmentPayload } from '../wire/payloads.js';
import type { SessionBinding } from './mode.js';

const POSITIVE_ENDINGS = ['selected', 'accepted', 'completed', 'approved'];
const NEGATIVE_ENDINGS = ['rejected', 'failed', 'declined'];
const ends = (action: string, endings: readonly string[]): boolean => endings.some((ending) => action.endsWith(ending));

/** Who may commit under the bound policy (modes.md §2.1). */
export function mayCommit(binding: SessionBinding, sender: string): boolean {
  const { authority, designatedRoles } = commitmentRulesOf(binding.policy);
  if (authority === 'designated_role') return designatedRoles.includes(sender);
  if (sender === binding.initiator) return true;
  return authority === 'any_participant' && binding.participants.includes(sender);
}

/** Who may cancel, suspend and resume: the initiator, and whom the commitment authority delegates to (runtime.md §7.4). */
export function mayControl(binding: SessionBinding, sender: string): boolean {
  return sender === binding.initiator || mayCommit(binding, sender);
}

export function authorizeCommitment(binding: SessionBinding, sender: string): Verdict {
  return mayCommit(binding, sender) ? ACCEPTED : refuse('FORBIDDEN', `${sender} has no authority to commit`);
}

/** Rows 2 to 6 of the payload checks common to all modes (modes.md §2.2). */
export function checkCommitment(binding: SessionBinding, payload: CommitmentPayload): Verdict {
  const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);
  for (const field of ['commitmentId', 'action', 'authorityScope', 'reason'] as const) {
    if (payload[field].trim() === '') return invalid(`${field} must not be blank`);
  }
  if (payload.modeVersion !== binding.modeVersion) return invalid(`mode_version must echo ${binding.modeVersion}`);
  if (payload.configurationVersion !== binding.configurationVersion) return invalid(`configuration_version must echo ${binding.configurationVersion}`);
  if (payload.policyVersion !== '' && payload.policyVersion !== binding.policyVersion) return invalid(`policy_version must be empty or echo ${binding.policyVersion}`);
  const { supersedes } = payload;
  if (supersedes !== undefined && (supersedes.sessionId.trim() === '' || supersedes.commitmentHash.trim() === '')) return invalid('supersedes needs session_id and commitment_hash');
  const implied = impliedPolarity(payload.action);
  if (implied !== undefined && implied !== payload.outcomePositive) return invalid(`the action ${payload.action} asks for outcome_positive ${implied}`);
  return ACCEPTED;
}

/** The polarity that the ending of an action demands, if any: a plain, case-sensitive suffix test (modes.md §2.3). */
export function impliedPolarity(action: string): boolean | undefined {
  if (ends(action, POSITIVE_ENDINGS)) return true;
  return ends(action, NEGATIVE_ENDINGS) ? false : undefined;
}
