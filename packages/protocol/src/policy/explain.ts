import { findDefinition } from '../modes/registry.js';
import type { PolicyDefinition } from './definition.js';
import { judgeCommitment } from './judge.js';
import { policyResult, type PolicyResult } from './result.js';

/**
 * Judges a Commitment by a policy, with a row for every rule that was looked at (modes.md §13).
 *
 * `modeState` is the state of a session of `mode`, as a SessionView has it; `positive` is the wanted `outcome_positive`.
 * No policy, and modes that no policy governs, allow with no rows. An unknown schema version or unreadable rules deny.
 */
export function explainCommitment(
  policy: PolicyDefinition | undefined,
  mode: string,
  modeState: unknown,
  participants: readonly string[],
  positive: boolean,
): PolicyResult {
  const rules = findDefinition(mode)?.policy;
  return policy === undefined || rules === undefined ? policyResult([]) : judgeCommitment(rules, policy, modeState, participants, positive);
}
