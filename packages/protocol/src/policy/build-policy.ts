import { MacpError } from '../macp-error.js';
import type { PolicyDescriptor } from '../wire/policy.js';
import { toPolicyDescriptor, type PolicyDefinition } from './definition.js';
import { checkPolicyDefinition } from './register.js';

/** Who may commit; shared by the builders of all modes. The roles are sender ids. */
export interface CommitmentInput {
  /** Default initiator_only. */
  readonly authority?: 'initiator_only' | 'any_participant' | 'designated_role';
  readonly designatedRoles?: readonly string[];
  /** Default false. */
  readonly requireVoteQuorum?: boolean;
}

/** The rule group of `CommitmentInput`. */
export function commitmentRules(commitment: CommitmentInput = {}): Record<string, unknown> {
  return {
    authority: commitment.authority ?? 'initiator_only',
    designated_roles: commitment.designatedRoles ?? [],
    require_vote_quorum: commitment.requireVoteQuorum ?? false,
  };
}

/** The descriptor of a policy that registers. Throws MacpError INVALID_POLICY_DEFINITION for rules that no runtime should take. */
export function buildPolicy(policy: PolicyDefinition): PolicyDescriptor {
  const verdict = checkPolicyDefinition(policy);
  if (!verdict.accepted) throw new MacpError(verdict.code, `building the policy ${policy.policyId}: ${verdict.message}`);
  return toPolicyDescriptor(policy);
}
