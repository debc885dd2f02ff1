import type { ModePolicy } from '../../policy/mode-policy.js';
import type { ProposalState } from './state.js';
import { rulesReader } from '../../policy/read-rules.js';
import { policyResult, type PolicyResult } from '../../policy/result.js';
import { ruleRoot, type RuleReading, type Rules } from '../../policy/rule-group.js';

/** Rules of a proposal policy with every default filled in (modes.md §12.3). */
export interface ProposalRules {
  /** all_parties, counterparty or initiator; unknown words mean all_parties. */
  readonly criterion: string;
  /** Counter-proposals allowed; 0 = no limit. */
  readonly maxRounds: number;
  readonly terminalOnAnyReject: boolean;
}

/** Throws RuleTypeError for members of the wrong type, and at registration for values out of bounds. */
export function parseProposalRules(rules: Rules, reading: RuleReading = 'evaluation'): ProposalRules {
  const root = ruleRoot(rules, reading);
  return {
    criterion: root.group('acceptance').word('criterion', 'all_parties', ['all_parties', 'counterparty', 'initiator']),
    maxRounds: root.group('counter_proposal').integer('max_rounds', 0),
    terminalOnAnyReject: root.group('rejection').boolean('terminal_on_any_reject', false),
  };
}

/** Lenient, for the message rules of the mode. */
export const proposalRulesOf = rulesReader(parseProposalRules);

/** The round limit is enforced when a counter-proposal is sent, so this rarely denies (modes.md §13.4). */
export function evaluateProposal(rules: ProposalRules, state: ProposalState, positive: boolean): PolicyResult {
  const { maxRounds } = rules;
  if (maxRounds === 0) return policyResult([]);
  const detail = `${state.counterProposals} counter-proposal(s), at most ${maxRounds}`;
  return policyResult([{ rule: 'counter_proposal.max_rounds', passed: !positive || state.counterProposals <= maxRounds, detail }]);
}

/** What a policy of the proposal mode can say. */
export const proposalPolicy: ModePolicy<ProposalRules, ProposalState> = {
  parse: parseProposalRules,
  evaluate: (rules, state, _participants, positive) => evaluateProposal(rules, state, positive),
};
