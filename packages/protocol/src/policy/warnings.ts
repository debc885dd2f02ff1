import { policyRulesOf } from '../modes/registry.js';
import type { PolicyDefinition } from './definition.js';
import { RuleTypeError } from './rule-group.js';

/** Rules of a policy that registers, but which do not do what their names suggest (modes.md §15). Empty for one that cannot be read. */
export function policyWarnings(policy: PolicyDefinition): readonly string[] {
  const rules = policyRulesOf(policy.mode);
  try {
    return rules?.warnings?.(rules.parse(policy.rules), policy.schemaVersion) ?? [];
  } catch (error) {
    if (error instanceof RuleTypeError) return [];
    throw error;
  }
}
