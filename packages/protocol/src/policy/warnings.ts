import { MODE_DECISION, MODE_QUORUM } from '../modes/mode-ids.js';
import { parseDecisionRules } from './decision-rules.js';
import type { PolicyDefinition } from './definition.js';
import { parseQuorumRules } from './quorum.js';
import { RuleTypeError } from './rule-group.js';

/** Rules of a policy that registers, but which do not do what their names suggest (modes.md §15). Empty for one that cannot be read. */
export function policyWarnings(policy: PolicyDefinition): readonly string[] {
  try {
    if (policy.mode === MODE_DECISION || policy.mode === '*') return decisionWarnings(policy);
    return policy.mode === MODE_QUORUM ? quorumWarnings(policy) : [];
  } catch (error) {
    if (error instanceof RuleTypeError) return [];
    throw error;
  }
}

function decisionWarnings(policy: PolicyDefinition): string[] {
  const { voting, evaluation, objectionHandling, commitment } = parseDecisionRules(policy.rules);
  const warnings: string[] = [];
  const { type, value } = voting.quorum;
  if (type === 'percentage' && value > 0 && value < 1) warnings.push(`voting.quorum.value ${value} is read as ${value} %, the scale is 0 to 100`);
  if (value > 0 && !commitment.requireVoteQuorum) warnings.push('voting.quorum has no effect without commitment.require_vote_quorum');
  if (evaluation.minimumConfidence > 0 && !evaluation.requiredBeforeVoting)
    warnings.push('evaluation.minimum_confidence has no effect without evaluation.required_before_voting');
  if (voting.algorithm === 'majority' && voting.threshold === 0.5) warnings.push('a tie passes: majority asks for at least voting.threshold, not more');
  if (policy.schemaVersion === 1 && (commitment.allowDeclineOverApproval || objectionHandling.criticalObjectionAction !== 'deny')) {
    warnings.push('commitment.allow_decline_over_approval and objection_handling.critical_objection_action belong to schema_version 2');
  }
  return warnings;
}

function quorumWarnings(policy: PolicyDefinition): string[] {
  const { threshold, abstention } = parseQuorumRules(policy.rules);
  const warnings: string[] = [];
  if (threshold.type === 'weighted') warnings.push('threshold.type weighted is a plain count: no member holds weights');
  if (abstention.countsTowardQuorum || abstention.interpretation !== 'neutral') warnings.push('abstention has no effect on the count');
  return warnings;
}
