import type { ModePolicy } from '../../policy/mode-policy.js';
import { policyResult } from '../../policy/result.js';
import type { HandoffState } from './state.js';
import { rulesReader } from '../../policy/read-rules.js';
import { ruleRoot, type RuleReading, type Rules } from '../../policy/rule-group.js';

/** Rules of a handoff policy with every default filled in (modes.md §12.5). They shape messages; no commitment is judged by them. */
export interface HandoffRules {
  /** Time after which a pending offer counts as accepted, in milliseconds; 0 = never. */
  readonly implicitAcceptTimeoutMs: number;
}

/** Throws RuleTypeError for members of the wrong type. */
export function parseHandoffRules(rules: Rules, reading: RuleReading = 'evaluation'): HandoffRules {
  return { implicitAcceptTimeoutMs: ruleRoot(rules, reading).group('acceptance').integer('implicit_accept_timeout_ms', 0) };
}

/** Lenient, for the message rules of the mode. */
export const handoffRulesOf = rulesReader(parseHandoffRules);

/** What a policy of the handoff mode can say: the rules must be readable, and allow both outcomes. */
export const handoffPolicy: ModePolicy<HandoffRules, HandoffState> = {
  parse: parseHandoffRules,
  evaluate: () => policyResult([]),
};
