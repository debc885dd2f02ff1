import { buildPolicy, commitmentRules, type CommitmentInput } from '../../policy/build-policy.js';
import type { PolicyDescriptor } from '../../wire/policy.js';
import { MODE_QUORUM } from './id.js';

/** Rules of buildQuorumPolicy (modes.md §12.6). */
export interface QuorumPolicyInput {
  /** A percentage is an integer, 0 to 100. Default n_of_m, 0 = the request's own number, which is written as no threshold: newer runtimes refuse a 0. */
  readonly threshold?: { readonly type?: 'n_of_m' | 'percentage' | 'weighted'; readonly value?: number };
  /** Default false and neutral. */
  readonly abstention?: { readonly countsTowardQuorum?: boolean; readonly interpretation?: 'neutral' | 'implicit_reject' | 'ignored' };
  readonly commitment?: CommitmentInput;
}

/** A quorum policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildQuorumPolicy(policyId: string, description: string, rules: QuorumPolicyInput = {}): PolicyDescriptor {
  const { type = 'n_of_m', value = 0 } = rules.threshold ?? {};
  return buildPolicy({
    policyId,
    mode: MODE_QUORUM,
    description,
    schemaVersion: 1,
    rules: {
      ...(value === 0 ? {} : { threshold: { type, value } }),
      abstention: { counts_toward_quorum: rules.abstention?.countsTowardQuorum ?? false, interpretation: rules.abstention?.interpretation ?? 'neutral' },
      commitment: commitmentRules(rules.commitment),
    },
  });
}
