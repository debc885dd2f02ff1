import type { ModePolicy } from '../../policy/mode-policy.js';
import type { TaskState } from './state.js';
import { rulesReader } from '../../policy/read-rules.js';
import { policyResult, type PolicyResult } from '../../policy/result.js';
import { ruleRoot, type RuleReading, type Rules } from '../../policy/rule-group.js';

/** Rules of a task policy with every default filled in (modes.md §12.4). */
export interface TaskRules {
  readonly allowReassignmentOnReject: boolean;
  readonly requireOutput: boolean;
}

/** Throws RuleTypeError for members of the wrong type. */
export function parseTaskRules(rules: Rules, reading: RuleReading = 'evaluation'): TaskRules {
  const root = ruleRoot(rules, reading);
  return {
    allowReassignmentOnReject: root.group('assignment').boolean('allow_reassignment_on_reject', false),
    requireOutput: root.group('completion').boolean('require_output', false),
  };
}

/** Lenient, for the message rules of the mode. */
export const taskRulesOf = rulesReader(parseTaskRules);

/** A positive outcome may need a completed task with output (modes.md §13.4). */
export function evaluateTask(rules: TaskRules, state: TaskState, positive: boolean): PolicyResult {
  if (!rules.requireOutput) return policyResult([]);
  const { report } = state;
  const hasOutput = report?.kind === 'completed' && report.output.length > 0;
  const detail = hasOutput ? `the task was completed with ${report.output.length} bytes of output` : 'a completed task with non-empty output is required';
  return policyResult([{ rule: 'completion.require_output', passed: !positive || hasOutput, detail }]);
}

/** What a policy of the task mode can say. */
export const taskPolicy: ModePolicy<TaskRules, TaskState> = {
  parse: parseTaskRules,
  evaluate: (rules, state, _participants, positive) => evaluateTask(rules, state, positive),
};
