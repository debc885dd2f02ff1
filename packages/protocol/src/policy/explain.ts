import type { DecisionState } from '../modes/decision/state.js';
import { isGovernedMode, MODE_DECISION, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from '../modes/mode-ids.js';
import type { ProposalState } from '../modes/proposal/state.js';
import type { QuorumState } from '../modes/quorum/state.js';
import type { TaskState } from '../modes/task/state.js';
import { parseCommitmentRules } from './commitment-rules.js';
import { evaluateDecision } from './decision.js';
import { parseDecisionRules } from './decision-rules.js';
import type { PolicyDefinition } from './definition.js';
import { parseHandoffRules } from './handoff.js';
import { evaluateProposal, parseProposalRules } from './proposal.js';
import { evaluateQuorum, parseQuorumRules } from './quorum.js';
import { policyResult, type PolicyResult } from './result.js';
import { RuleTypeError, type Rules } from './rule-group.js';
import { evaluateTask, parseTaskRules } from './task.js';

/** Rule schema versions that this package evaluates (modes.md §11.4). */
export const POLICY_SCHEMA_VERSIONS: readonly number[] = [1, 2];

/**
 * Judges a Commitment by a policy, with a row for every rule that was looked at (modes.md §13).
 *
 * `modeState` is the state of a session of `mode`, as a SessionView has it; `positive` is the wanted `outcome_positive`.
 * No policy, and modes that no policy governs, allow with no rows. An unknown schema version or unreadable rules deny.
 */
export function explainCommitment(
  policy: PolicyDefinition | undefined,
  mode: string,
  modeState: unknown,
  participants: readonly string[],
  positive: boolean,
): PolicyResult {
  if (policy === undefined || !isGovernedMode(mode)) return policyResult([]);
  if (!POLICY_SCHEMA_VERSIONS.includes(policy.schemaVersion)) {
    return policyResult([{ rule: 'schema_version', passed: false, detail: `schema_version ${policy.schemaVersion} is not supported` }]);
  }
  try {
    return evaluate(policy.rules, mode, modeState, participants, positive);
  } catch (error) {
    if (!(error instanceof RuleTypeError)) throw error;
    return policyResult([{ rule: 'rules', passed: false, detail: `the rules cannot be read: ${error.message}` }]);
  }
}

/** The caller pairs mode and state, so the state is taken for what the mode makes. */
function evaluate(rules: Rules, mode: string, state: unknown, participants: readonly string[], positive: boolean): PolicyResult {
  parseCommitmentRules(rules);
  switch (mode) {
    case MODE_DECISION:
      return evaluateDecision(parseDecisionRules(rules), state as DecisionState, participants, positive);
    case MODE_PROPOSAL:
      return evaluateProposal(parseProposalRules(rules), state as ProposalState, positive);
    case MODE_TASK:
      return evaluateTask(parseTaskRules(rules), state as TaskState, positive);
    case MODE_QUORUM:
      return evaluateQuorum(parseQuorumRules(rules), state as QuorumState, participants, positive);
    default:
      // Handoff: the rules must be readable, and allow both outcomes.
      parseHandoffRules(rules);
      return policyResult([]);
  }
}
