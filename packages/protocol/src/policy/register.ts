import { policyRulesOf } from '../modes/registry.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { PolicyDescriptor } from '../wire/policy.js';
import { commitmentRulesOf, parseCommitmentRules } from './commitment-rules.js';
import { DEFAULT_POLICY_ID, type PolicyDefinition } from './definition.js';
import { POLICY_SCHEMA_VERSIONS } from './judge.js';
import { isObject, RuleTypeError } from './rule-group.js';

/** The definition of a descriptor from the wire, or why its rules are not a JSON object (DIFF-12: refused, never stored as `{}`). */
export function parsePolicyDescriptor(descriptor: PolicyDescriptor): { ok: true; policy: PolicyDefinition } | { ok: false; message: string } {
  const { policyId, mode, description, schemaVersion } = descriptor;
  let rules: unknown;
  try {
    rules = descriptor.rules.trim() === '' ? {} : JSON.parse(descriptor.rules);
  } catch {
    return { ok: false, message: `INVALID_POLICY_DEFINITION: the rules of ${policyId} are not JSON` };
  }
  if (!isObject(rules)) return { ok: false, message: `INVALID_POLICY_DEFINITION: the rules of ${policyId} must be a JSON object` };
  return { ok: true, policy: { policyId, mode, description, rules, schemaVersion } };
}

/**
 * Definition checks 1 to 7 of registration (modes.md §11.3) with the bounds of the rule schemas (M-14) and known
 * schema versions only (M-15); uniqueness is the registry's own check. Refuses with INVALID_POLICY_DEFINITION.
 */
export function checkPolicyDefinition(policy: PolicyDefinition): Verdict {
  const invalid = (text: string): Verdict => refuse('INVALID_POLICY_DEFINITION', `INVALID_POLICY_DEFINITION: ${text}`);
  if (policy.policyId.trim() === '') return invalid('policy_id must not be blank');
  if (policy.policyId === DEFAULT_POLICY_ID) return invalid(`${DEFAULT_POLICY_ID} is reserved`);
  if (!POLICY_SCHEMA_VERSIONS.includes(policy.schemaVersion)) return invalid(`schema_version must be one of ${POLICY_SCHEMA_VERSIONS.join(', ')}`);
  try {
    readForRegistration(policy);
    return ACCEPTED;
  } catch (error) {
    if (error instanceof RuleTypeError) return invalid(error.message);
    throw error;
  }
}

/** Throws RuleTypeError for what registration refuses: each mode has its own rules, `*` those of the decision mode. */
function readForRegistration(policy: PolicyDefinition): void {
  const { mode, rules } = policy;
  const own = policyRulesOf(mode);
  if (own === undefined) {
    // Every object is accepted for other modes; only an authority without members is refused.
    const { authority, designatedRoles } = commitmentRulesOf(policy);
    if (authority === 'designated_role' && designatedRoles.length === 0)
      throw new RuleTypeError('commitment.designated_roles must be a list of senders for the authority designated_role');
    return;
  }
  parseCommitmentRules(rules, 'registration');
  own.parse(rules, 'registration');
}
