import type { ModePolicy } from '../../policy/mode-policy.js';
import { countBallots, type QuorumState } from './state.js';
import { rulesReader } from '../../policy/read-rules.js';
import { policyResult, type PolicyResult } from '../../policy/result.js';
import { ruleRoot, type RuleReading, type Rules } from '../../policy/rule-group.js';

/** Rules of a quorum policy with every default filled in (modes.md §12.6). */
export interface QuorumRules {
  /** n_of_m, percentage or weighted; all but percentage are a plain count (M-8). A percentage is 0 to 100; value 0 = no override. */
  readonly threshold: { readonly type: string; readonly value: number };
  /** No effect on the count (M-7). */
  readonly abstention: { readonly countsTowardQuorum: boolean; readonly interpretation: string };
}

/** Throws RuleTypeError for members of the wrong type, and at registration for values out of bounds. */
export function parseQuorumRules(rules: Rules, reading: RuleReading = 'evaluation'): QuorumRules {
  const root = ruleRoot(rules, reading);
  const threshold = root.group('threshold');
  const abstention = root.group('abstention');
  const type = threshold.word('type', 'n_of_m', ['n_of_m', 'percentage', 'weighted']);
  return {
    threshold: { type, value: threshold.number('value', 0, type === 'percentage' ? { min: 0, max: 100, integer: true } : { min: 0, integer: true }) },
    abstention: {
      countsTowardQuorum: abstention.boolean('counts_toward_quorum', false),
      interpretation: abstention.word('interpretation', 'neutral', ['neutral', 'implicit_reject', 'ignored']),
    },
  };
}

/** Lenient, for the message rules of the mode. */
export const quorumRulesOf = rulesReader(parseQuorumRules);

/** Approvals that readiness asks for: the policy's threshold, else the request's own number (modes.md §7.2). */
export function requiredApprovals(rules: QuorumRules, participants: number, requested: number): number {
  const { type, value } = rules.threshold;
  if (!(value > 0)) return requested;
  return type === 'percentage' ? percentageOf(value, participants) : Math.trunc(value);
}

/** A positive outcome needs the policy's threshold of approvals (modes.md §13.4). */
export function evaluateQuorum(rules: QuorumRules, state: QuorumState, participants: readonly string[], positive: boolean): PolicyResult {
  const { type, value } = rules.threshold;
  if (!(value > 0)) return policyResult([]);
  const { approve } = countBallots(state);
  // Rounded up here and truncated for readiness, as the reference does.
  const required = type === 'percentage' ? percentageOf(value, participants.length) : Math.ceil(value);
  const { interpretation } = rules.abstention;
  const note = interpretation === 'neutral' ? '' : ` (abstentions ${interpretation}: no effect on the count)`;
  return policyResult([
    { rule: 'threshold.value', passed: !positive || approve >= required, detail: `${approve} of ${participants.length} approve, ${required} needed${note}` },
  ]);
}

/** Double arithmetic exactly as written, then up: 55 % of 100 is 56 (modes.md §14). */
function percentageOf(value: number, participants: number): number {
  return Math.ceil((value / 100) * participants);
}

/** What a policy of the quorum mode can say. */
export const quorumPolicy: ModePolicy<QuorumRules, QuorumState> = {
  parse: parseQuorumRules,
  evaluate: evaluateQuorum,
  warnings,
};

function warnings({ threshold, abstention }: QuorumRules): string[] {
  const found: string[] = [];
  if (threshold.type === 'weighted') found.push('threshold.type weighted is a plain count: no member holds weights');
  if (abstention.countsTowardQuorum || abstention.interpretation !== 'neutral') found.push('abstention has no effect on the count');
  return found;
}
