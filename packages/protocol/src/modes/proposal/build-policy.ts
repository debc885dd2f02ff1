import { buildPolicy, commitmentRules, type CommitmentInput } from '../../policy/build-policy.js';
import type { PolicyDescriptor } from '../../wire/policy.js';
import { MODE_PROPOSAL } from './id.js';

/** Rules of buildProposalPolicy (modes.md §12.3). */
export interface ProposalPolicyInput {
  /** Default all_parties. */
  readonly acceptance?: { readonly criterion?: 'all_parties' | 'counterparty' | 'initiator' };
  /** 0 = no limit, the default. */
  readonly counterProposal?: { readonly maxRounds?: number };
  /** Default false. */
  readonly rejection?: { readonly terminalOnAnyReject?: boolean };
  readonly commitment?: CommitmentInput;
}

/** A proposal policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildProposalPolicy(policyId: string, description: string, rules: ProposalPolicyInput = {}): PolicyDescriptor {
  return buildPolicy({
    policyId,
    mode: MODE_PROPOSAL,
    description,
    schemaVersion: 1,
    rules: {
      acceptance: { criterion: rules.acceptance?.criterion ?? 'all_parties' },
      counter_proposal: { max_rounds: rules.counterProposal?.maxRounds ?? 0 },
      rejection: { terminal_on_any_reject: rules.rejection?.terminalOnAnyReject ?? false },
      commitment: commitmentRules(rules.commitment),
    },
  });
}
