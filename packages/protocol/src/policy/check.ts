import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { PolicyDefinition } from './definition.js';
import type { PolicyResult } from './decision.js';
import { RuleTypeError } from './rules.js';

/** Rule schema versions that this package evaluates (modes.md §11.4). */
export const POLICY_SCHEMA_VERSIONS = [1, 2];

/** Judges a Commitment by the bound policy; an unknown schema version or unreadable rules deny it. */
export function checkPolicy(policy: PolicyDefinition | undefined, evaluate: (rules: Readonly<Record<string, unknown>>) => PolicyResult): Verdict {
  if (policy === undefined) return ACCEPTED;
  const denied = (reasons: readonly string[]): Verdict => refuse('POLICY_DENIED', `${policy.policyId}: ${reasons.join('; ')}`, reasons);
  if (!POLICY_SCHEMA_VERSIONS.includes(policy.schemaVersion)) return denied([`schema_version ${policy.schemaVersion} is not supported`]);
  try {
    const result = evaluate(policy.rules);
    return result.allowed ? ACCEPTED : denied(result.reasons);
  } catch (error) {
    if (error instanceof RuleTypeError) return denied([`the rules cannot be read: ${error.message}`]);
    throw error;
  }
}
