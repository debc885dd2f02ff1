/** One rule as it was judged; the console shows these as the "why" of an outcome. */
export interface RuleResult {
  /** Path of the rule member, or the name of the step. */
  readonly rule: string;
  readonly passed: boolean;
  /** What was measured, against what. */
  readonly detail: string;
}

/** Allowed when no rule failed; the failed details are the reasons of POLICY_DENIED. */
export interface PolicyResult {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  /** Every rule that was looked at, passed or not. */
  readonly rules: readonly RuleResult[];
}

export function policyResult(rules: readonly RuleResult[]): PolicyResult {
  const reasons = rules.filter((rule) => !rule.passed).map((rule) => rule.detail);
  return { allowed: reasons.length === 0, reasons, rules };
}
