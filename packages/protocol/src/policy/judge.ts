import { parseCommitmentRules } from './commitment-rules.js';
import type { PolicyDefinition } from './definition.js';
import type { ModePolicy } from './mode-policy.js';
import { policyResult, type PolicyResult } from './result.js';
import { RuleTypeError } from './rule-group.js';

/** Rule schema versions that this package evaluates (modes.md §11.4). */
export const POLICY_SCHEMA_VERSIONS: readonly number[] = [1, 2];

/** Judges a Commitment by a policy of a mode. Fails closed: rules that cannot be read deny it (RFC-MACP-0012 §6). */
export function judgeCommitment(
  { parse, evaluate }: ModePolicy,
  policy: PolicyDefinition,
  modeState: unknown,
  participants: readonly string[],
  positive: boolean,
): PolicyResult {
  if (!POLICY_SCHEMA_VERSIONS.includes(policy.schemaVersion)) {
    return policyResult([{ rule: 'schema_version', passed: false, detail: `schema_version ${policy.schemaVersion} is not supported` }]);
  }
  try {
    parseCommitmentRules(policy.rules);
    return evaluate(parse(policy.rules), modeState, participants, positive);
  } catch (error) {
    if (!(error instanceof RuleTypeError)) throw error;
    return policyResult([{ rule: 'rules', passed: false, detail: `the rules cannot be read: ${error.message}` }]);
  }
}
