import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { PolicyDescriptor } from '../wire/policy.js';
import { POLICY_SCHEMA_VERSIONS } from './check.js';
import { DEFAULT_POLICY_ID, type PolicyDefinition } from './definition.js';
import { isObject, parseDecisionRules, RuleTypeError } from './rules.js';

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

/** Definition checks 1 to 7 of registration (modes.md §11.3); uniqueness is the registry's own check. */
export function checkPolicyDefinition(policy: PolicyDefinition): Verdict {
  const invalid = (text: string): Verdict => refuse('INVALID_POLICY_DEFINITION', `INVALID_POLICY_DEFINITION: ${text}`);
  if (policy.policyId.trim() === '') return invalid('policy_id must not be blank');
  if (policy.policyId === DEFAULT_POLICY_ID) return invalid(`${DEFAULT_POLICY_ID} is reserved`);
  if (!POLICY_SCHEMA_VERSIONS.includes(policy.schemaVersion)) return invalid(`schema_version must be one of ${POLICY_SCHEMA_VERSIONS.join(', ')}`);
  try {
    return checkRules(policy, invalid);
  } catch (error) {
    if (error instanceof RuleTypeError) return invalid(error.message);
    throw error;
  }
}

function checkRules(policy: PolicyDefinition, invalid: (text: string) => Verdict): Verdict {
  const rules = parseDecisionRules(policy.rules);
  const { voting, commitment } = rules;
  if (voting.algorithm === 'weighted' && Object.keys(voting.weights).length === 0) return invalid('voting.weights must name voters for the algorithm weighted');
  if (voting.algorithm === 'supermajority' && !(voting.threshold > 0.5)) return invalid('voting.threshold must be over 0.5 for the algorithm supermajority');
  if (commitment.authority === 'designated_role' && commitment.designatedRoles.length === 0) return invalid('commitment.designated_roles must name senders for the authority designated_role');
  return ACCEPTED;
}
