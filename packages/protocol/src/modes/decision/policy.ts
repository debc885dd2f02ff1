import type { ModePolicy } from '../../policy/mode-policy.js';
import type { DecisionState } from './state.js';
import { parseDecisionRules, type DecisionRules } from './policy-rules.js';
import { policyResult, type PolicyResult, type RuleResult } from '../../policy/result.js';

/** All votes of a session, over all proposals together (modes.md §13.2, M-5). */
export interface VoteTally {
  readonly approve: number;
  readonly reject: number;
  readonly abstain: number;
  /** Distinct senders with any vote, abstentions included. */
  readonly voters: number;
}

/** Counts all votes of a session. */
export function tallyVotes(state: DecisionState): VoteTally {
  const voters = new Set<string>();
  let approve = 0;
  let reject = 0;
  let abstain = 0;
  for (const votes of state.votes.values()) {
    for (const [sender, { vote }] of votes) {
      voters.add(sender);
      if (vote === 'APPROVE') approve += 1;
      else if (vote === 'REJECT') reject += 1;
      else abstain += 1;
    }
  }
  return { approve, reject, abstain, voters: voters.size };
}

/** Judges a Commitment of a decision session, step by step as in modes.md §13.1. */
export function evaluateDecision(rules: DecisionRules, state: DecisionState, participants: readonly string[], positive: boolean): PolicyResult {
  const results: RuleResult[] = [];
  const judge = (rule: string, passed: boolean, detail: string): void => {
    results.push({ rule, passed, detail });
  };
  judgeEvaluations(rules, state, judge);
  judgeObjections(rules, state, positive, judge);
  const tally = tallyVotes(state);
  judgeQuorum(rules, tally, participants.length, judge);
  if (rules.voting.algorithm !== 'none') judgeVote(rules, state, tally, participants, positive, judge);
  return policyResult(results);
}

type Judge = (rule: string, passed: boolean, detail: string) => void;

function judgeEvaluations(rules: DecisionRules, state: DecisionState, judge: Judge): void {
  const { minimumConfidence, requiredBeforeVoting } = rules.evaluation;
  if (!requiredBeforeVoting) return;
  const qualifying = state.evaluations.filter((evaluation) => evaluation.recommendation !== 'REVIEW');
  if (minimumConfidence > 0) {
    const passed = qualifying.some((evaluation) => evaluation.confidence >= minimumConfidence);
    judge(
      'evaluation.minimum_confidence',
      passed,
      passed ? `an evaluation reaches confidence ${minimumConfidence}` : `no evaluation other than REVIEW reaches confidence ${minimumConfidence}`,
    );
  } else {
    const passed = qualifying.length > 0;
    judge(
      'evaluation.required_before_voting',
      passed,
      passed ? `${qualifying.length} evaluation(s) other than REVIEW` : 'an evaluation other than REVIEW is required',
    );
  }
}

function judgeObjections(rules: DecisionRules, state: DecisionState, positive: boolean, judge: Judge): void {
  const { criticalSeverityVetoes, vetoThreshold, criticalObjectionAction } = rules.objectionHandling;
  if (!criticalSeverityVetoes) return;
  const critical = state.objections.filter((objection) => objection.severity === 'critical').length;
  const vetoed = critical >= vetoThreshold;
  const passed = !vetoed || (criticalObjectionAction === 'finalize_decline' && !positive);
  judge(
    'objection_handling.veto_threshold',
    passed,
    `${critical} critical objection(s), veto at ${vetoThreshold}${vetoed ? ` (${criticalObjectionAction})` : ''}`,
  );
}

/** Exact double arithmetic, as the formulas are written (modes.md §14). */
function judgeQuorum(rules: DecisionRules, tally: VoteTally, participants: number, judge: Judge): void {
  const { type, value } = rules.voting.quorum;
  const percentage = type === 'percentage';
  const turnout = percentage ? (tally.voters / participants) * 100 : tally.voters;
  const met = participants === 0 && percentage ? value <= 0 : turnout >= value;
  if (value <= 0 && met) return;
  const need = percentage ? `${value} % of ${participants} participants` : `${value} voter(s)`;
  judge('voting.quorum', met || !rules.commitment.requireVoteQuorum, `${tally.voters} voted, quorum is ${need}${met ? '' : ', not met'}`);
}

type VoteOutcome = 'passed' | 'failed' | 'no-votes';

function judgeVote(rules: DecisionRules, state: DecisionState, tally: VoteTally, participants: readonly string[], positive: boolean, judge: Judge): void {
  const { outcome, detail } = countVote(rules, state, tally, participants);
  const rule = `voting.${rules.voting.algorithm}`;
  if (positive) {
    judge(rule, outcome === 'passed' || (outcome === 'no-votes' && !rules.commitment.requireVoteQuorum), detail);
  } else if (outcome === 'passed' && !rules.commitment.allowDeclineOverApproval) {
    judge('decline_guard', false, `${detail}: the vote passed, so a negative outcome needs allow_decline_over_approval`);
  } else {
    // Whatever the vote came to, nobody declines for others (modes.md §13.3).
    judge(
      'decline_guard',
      tally.reject > 0,
      tally.reject > 0 ? `${detail}: declined by ${tally.reject} REJECT vote(s)` : 'a negative outcome needs at least one REJECT vote',
    );
  }
}

/** Votes on all proposals together (modes.md §13.2, M-5). */
function countVote(rules: DecisionRules, state: DecisionState, tally: VoteTally, participants: readonly string[]): { outcome: VoteOutcome; detail: string } {
  const { algorithm, threshold } = rules.voting;
  const { approve, reject } = tally;
  const cast = approve + reject;
  if (cast === 0) return { outcome: 'no-votes', detail: 'no APPROVE or REJECT vote was cast' };
  const result = (passed: boolean, detail: string): { outcome: VoteOutcome; detail: string } => ({ outcome: passed ? 'passed' : 'failed', detail });
  switch (algorithm) {
    case 'majority':
      return result(approve / cast >= threshold, `${approve} of ${cast} approve, ${threshold} needed`);
    case 'supermajority': {
      const needed = threshold > 0.5 ? threshold : 2 / 3;
      return result(approve / cast >= needed, `${approve} of ${cast} approve, ${needed} needed`);
    }
    case 'unanimous': {
      const approvers = new Set(
        [...state.votes.values()].flatMap((votes) => [...votes].filter(([, cast]) => cast.vote === 'APPROVE').map(([sender]) => sender)),
      );
      const missing = participants.filter((participant) => !approvers.has(participant));
      return result(
        missing.length === 0 && reject === 0,
        `${participants.length - missing.length} of ${participants.length} participants approve, ${reject} reject; all must approve`,
      );
    }
    case 'weighted': {
      let approving = 0;
      let total = 0;
      for (const votes of state.votes.values()) {
        for (const [sender, { vote }] of votes) {
          if (vote === 'ABSTAIN') continue;
          const weight = weightOf(rules, sender);
          total += weight;
          if (vote === 'APPROVE') approving += weight;
        }
      }
      if (total === 0) return { outcome: 'no-votes', detail: 'no vote carries weight' };
      return result(approving / total >= threshold, `weight ${approving} of ${total} approves, ${threshold} needed`);
    }
    case 'plurality':
      return result(approve > reject, `${approve} approve, ${reject} reject`);
    default:
      return result(false, `the voting algorithm ${algorithm} is not known`);
  }
}

function weightOf(rules: DecisionRules, sender: string): number {
  const { weights } = rules.voting;
  return Object.hasOwn(weights, sender) ? (weights[sender] ?? 1) : 1;
}

/** What a policy of the decision mode can say. */
export const decisionPolicy: ModePolicy<DecisionRules, DecisionState> = {
  parse: parseDecisionRules,
  evaluate: evaluateDecision,
  warnings,
};

function warnings({ voting, evaluation, objectionHandling, commitment }: DecisionRules, schemaVersion: number): string[] {
  const found: string[] = [];
  const { type, value } = voting.quorum;
  if (type === 'percentage' && value > 0 && value < 1) found.push(`voting.quorum.value ${value} is read as ${value} %, the scale is 0 to 100`);
  if (value > 0 && !commitment.requireVoteQuorum) found.push('voting.quorum has no effect without commitment.require_vote_quorum');
  if (evaluation.minimumConfidence > 0 && !evaluation.requiredBeforeVoting)
    found.push('evaluation.minimum_confidence has no effect without evaluation.required_before_voting');
  if (voting.algorithm === 'majority' && voting.threshold === 0.5) found.push('a tie passes: majority asks for at least voting.threshold, not more');
  if (schemaVersion === 1 && (commitment.allowDeclineOverApproval || objectionHandling.criticalObjectionAction !== 'deny')) {
    found.push('commitment.allow_decline_over_approval and objection_handling.critical_objection_action belong to schema_version 2');
  }
  return found;
}
