/** The scenario's copy of the policy for agents; the runtime enforces the registered one (agents.md §4.4). */
export interface PolicyHints {
  readonly type: 'none' | 'majority' | 'supermajority' | 'unanimous';
  /** Share of approvals needed, 0 to 1. Default 0.5. */
  readonly threshold: number;
  readonly vetoEnabled: boolean;
  /** How many critical objections veto. Default 1. */
  readonly vetoThreshold: number;
  /** Statements with less confidence do not count. Default 0. */
  readonly minimumConfidence: number;
}

const TYPES = ['none', 'majority', 'supermajority', 'unanimous'] as const;

/** Reads hints from a bootstrap; what is missing or of another type takes the default. */
export function readPolicyHints(hints: Readonly<Record<string, unknown>> | undefined): PolicyHints {
  const number = (name: string, fallback: number): number => (typeof hints?.[name] === 'number' ? hints[name] : fallback);
  return {
    type: TYPES.find((known) => known === hints?.['type']) ?? 'none',
    threshold: number('threshold', 0.5),
    vetoEnabled: hints?.['vetoEnabled'] === true || hints?.['criticalSeverityVetoes'] === true,
    vetoThreshold: number('vetoThreshold', 1),
    minimumConfidence: number('minimumConfidence', 0),
  };
}
