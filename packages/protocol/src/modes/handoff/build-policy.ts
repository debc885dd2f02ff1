import { buildPolicy, commitmentRules, type CommitmentInput } from '../../policy/build-policy.js';
import type { PolicyDescriptor } from '../../wire/policy.js';
import { MODE_HANDOFF } from './id.js';

/** Rules of buildHandoffPolicy (modes.md §12.5). */
export interface HandoffPolicyInput {
  /** Milliseconds; 0 = off, the default. */
  readonly acceptance?: { readonly implicitAcceptTimeoutMs?: number };
  readonly commitment?: CommitmentInput;
}

/** A handoff policy to register. Throws MacpError INVALID_POLICY_DEFINITION. */
export function buildHandoffPolicy(policyId: string, description: string, rules: HandoffPolicyInput = {}): PolicyDescriptor {
  return buildPolicy({
    policyId,
    mode: MODE_HANDOFF,
    description,
    schemaVersion: 1,
    rules: { acceptance: { implicit_accept_timeout_ms: rules.acceptance?.implicitAcceptTimeoutMs ?? 0 }, commitment: commitmentRules(rules.commitment) },
  });
}
