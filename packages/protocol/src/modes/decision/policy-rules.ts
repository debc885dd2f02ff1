import { parseCommitmentRules, type CommitmentRules } from '../../policy/commitment-rules.js';
import { ruleRoot, RuleTypeError, type RuleReading, type Rules } from '../../policy/rule-group.js';

/** Rules of a decision policy with every default filled in (modes.md §12.2). */
export interface DecisionRules {
  readonly commitment: CommitmentRules;
  readonly voting: {
    readonly algorithm: string;
    readonly threshold: number;
    /** A percentage is 0 to 100 (M-6). */
    readonly quorum: { readonly type: string; readonly value: number };
    /** By sender; who is not listed weighs 1. */
    readonly weights: Readonly<Record<string, number>>;
  };
  readonly objectionHandling: {
    readonly criticalSeverityVetoes: boolean;
    readonly vetoThreshold: number;
    readonly criticalObjectionAction: 'deny' | 'finalize_decline' | 'hold';
  };
  readonly evaluation: { readonly minimumConfidence: number; readonly requiredBeforeVoting: boolean };
}

const ALGORITHMS = ['none', 'majority', 'supermajority', 'unanimous', 'weighted', 'plurality'];
const OBJECTION_ACTIONS = ['deny', 'finalize_decline', 'hold'] as const;

/** Throws RuleTypeError for members of the wrong type, and at registration for values out of bounds. */
export function parseDecisionRules(rules: Rules, reading: RuleReading = 'evaluation'): DecisionRules {
  const root = ruleRoot(rules, reading);
  const objections = root.group('objection_handling');
  const evaluation = root.group('evaluation');
  const action = objections.string('critical_objection_action', 'deny');
  const criticalObjectionAction = OBJECTION_ACTIONS.find((known) => known === action);
  if (criticalObjectionAction === undefined)
    throw new RuleTypeError(`objection_handling.critical_objection_action must be one of ${OBJECTION_ACTIONS.join(', ')}`);
  return {
    commitment: parseCommitmentRules(rules, reading),
    voting: parseVoting(rules, reading),
    objectionHandling: {
      criticalSeverityVetoes: objections.boolean('critical_severity_vetoes', false),
      vetoThreshold: objections.integer('veto_threshold', 1, 1),
      criticalObjectionAction,
    },
    evaluation: {
      minimumConfidence: evaluation.number('minimum_confidence', 0, { min: 0, max: 1 }),
      requiredBeforeVoting: evaluation.boolean('required_before_voting', false),
    },
  };
}

function parseVoting(rules: Rules, reading: RuleReading): DecisionRules['voting'] {
  const group = ruleRoot(rules, reading).group('voting');
  const quorum = group.group('quorum');
  const algorithm = group.word('algorithm', 'none', ALGORITHMS);
  const threshold = group.number('threshold', 0.5, { min: 0, max: 1 });
  const type = quorum.word('type', 'count', ['count', 'percentage']);
  const value = quorum.number('value', 0, type === 'percentage' ? { min: 0, max: 100 } : { min: 0 });
  const weights = group.weights('weights');
  group.require('weights', algorithm !== 'weighted' || Object.keys(weights).length > 0, 'an object that names voters for the algorithm weighted');
  group.require('threshold', algorithm !== 'supermajority' || threshold > 0.5, 'over 0.5 for the algorithm supermajority');
  return { algorithm, threshold, quorum: { type, value }, weights };
}
