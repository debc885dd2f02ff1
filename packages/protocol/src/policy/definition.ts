import type { PolicyDescriptor } from '../wire/policy.js';

/** A policy with its rules parsed; what a session is bound to (RFC-MACP-0012 §3). */
export interface PolicyDefinition {
  readonly policyId: string;
  /** Mode id, or `*` for every mode. */
  readonly mode: string;
  readonly description: string;
  readonly rules: Readonly<Record<string, unknown>>;
  /** 1 or 2. */
  readonly schemaVersion: number;
}

/** Reserved: never registered, never removed; what an empty policy_version resolves to. */
export const DEFAULT_POLICY_ID = 'policy.default';

/** What a session without a policy is bound to: commitments at face value, by the initiator only. */
export const DEFAULT_POLICY: PolicyDefinition = {
  policyId: DEFAULT_POLICY_ID,
  mode: '*',
  description: 'No vote needed; the initiator commits and its outcome is taken at face value.',
  rules: {},
  schemaVersion: 1,
};

/** The form that travels: rules as JSON text. */
export function toPolicyDescriptor(policy: PolicyDefinition): PolicyDescriptor {
  return {
    policyId: policy.policyId,
    mode: policy.mode,
    description: policy.description,
    rules: JSON.stringify(policy.rules),
    schemaVersion: policy.schemaVersion,
    registeredAtUnixMs: 0,
  };
}

/** True when a policy may be bound to a session of this mode (runtime.md §5, check 13). */
export function policyFitsMode(policy: PolicyDefinition, mode: string): boolean {
  return policy.mode === '*' || policy.mode === mode;
}
