import { buildPolicy, commitmentRules, type CommitmentInput } from '../../policy/build-policy.js';
import type { PolicyDescriptor } from '../../wire/policy.js';
import { MODE_TASK } from './id.js';

/** Rules of buildTaskPolicy (modes.md §12.4). */
export interface TaskPolicyInput {
  /** Default false. */
  readonly assignment?: { readonly allowReassignmentOnReject?: boolean };
  /** Default false. */
  readonly completion?: { readonly requireOutput?: boolean };
  readonly commitment?: CommitmentInput;
}

/** A task policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildTaskPolicy(policyId: string, description: string, rules: TaskPolicyInput = {}): PolicyDescriptor {
  return buildPolicy({
    policyId,
    mode: MODE_TASK,
    description,
    schemaVersion: 1,
    rules: {
      assignment: { allow_reassignment_on_reject: rules.assignment?.allowReassignmentOnReject ?? false },
      completion: { require_output: rules.completion?.requireOutput ?? false },
      commitment: commitmentRules(rules.commitment),
    },
  });
}
