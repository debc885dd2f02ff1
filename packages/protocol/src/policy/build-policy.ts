import { MacpError } from '../macp-error.js';
import type { PolicyDescriptor } from '../wire/policy.js';
import { toPolicyDescriptor, type PolicyDefinition } from './definition.js';
import { checkPolicyDefinition } from './register.js';

/** Who may commit; shared by the builders of all modes. The roles are sender ids. */
export interface CommitmentInput {
  /** Default initiator_only. */
  readonly authority?: 'initiator_only' | 'any_participant' | 'designated_role';
  readonly designatedRoles?: readonly string[];
  /** A rule of the decision mode, where the default is false; others have none, and a runtime may refuse it there. */
  readonly requireVoteQuorum?: boolean;
}

/** The rule group of `CommitmentInput`. Without what was not given for the decision mode alone: rule objects are closed (RFC-MACP-0012 §4). */
export function commitmentRules(commitment: CommitmentInput = {}): Record<string, unknown> {
  return {
    authority: commitment.authority ?? 'initiator_only',
    designated_roles: commitment.designatedRoles ?? [],
    ...(commitment.requireVoteQuorum === undefined ? {} : { require_vote_quorum: commitment.requireVoteQuorum }),
  };
}

/** The descriptor of a policy that registers. Throws MacpError INVALID_POLICY_DEFINITION for rules that no runtime should take. */
export function buildPolicy(policy: PolicyDefinition): PolicyDescriptor {
  const verdict = checkPolicyDefinition(policy);
  if (!verdict.accepted) throw new MacpError(verdict.code, `building the policy ${policy.policyId}: ${verdict.message}`);
  return toPolicyDescriptor(policy);
}
