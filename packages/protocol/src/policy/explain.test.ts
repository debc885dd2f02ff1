import { describe, expect, it } from 'vitest';
import { MODE_DECISION } from '../modes/decision/id.js';
import { MODE_HANDOFF } from '../modes/handoff/id.js';
import { MODE_MULTI_ROUND } from '../modes/multi-round/id.js';
import { MODE_PROPOSAL } from '../modes/proposal/id.js';
import { MODE_QUORUM } from '../modes/quorum/id.js';
import { MODE_TASK } from '../modes/task/id.js';
import { play, policy, type Row, type Setup } from '../modes/play.test.support.js';
import type { QuorumState } from '../modes/quorum/state.js';
import { explainCommitment } from './explain.js';

const setup: Setup = { mode: MODE_DECISION, initiator: 'coord', participants: ['coord', 'a', 'b', 'c'] };
const proposal: Row = ['coord', 'Proposal', { proposalId: 'p1', option: 'x' }, 'ok'];
const vote = (sender: string, value: string): Row => [sender, 'Vote', { proposalId: 'p1', vote: value }, 'ok'];
const evaluation = (recommendation: string, confidence: number): Row => ['a', 'Evaluation', { proposalId: 'p1', recommendation, confidence }, 'ok'];
const votes = (approve: string, reject = '', abstain = ''): Row[] => [
  ...[...approve].map((sender) => vote(sender, 'APPROVE')),
  ...[...reject].map((sender) => vote(sender, 'REJECT')),
  ...[...abstain].map((sender) => vote(sender, 'ABSTAIN')),
];
const quorumNeeded = { commitment: { require_vote_quorum: true } };
const count = (value: number) => ({ type: 'count', value });

/** Rules, what was sent after the proposal, and whether a positive and a negative commitment are allowed. */
const decisionTable: readonly (readonly [name: string, rules: Record<string, unknown>, rows: Row[], positive: boolean, negative: boolean])[] = [
  ['takes the polarity as given without an algorithm', {}, [], true, true],
  ['majority: no votes allow a positive only', { voting: { algorithm: 'majority' } }, [], true, false],
  ['majority: no votes deny both when turnout is required', { voting: { algorithm: 'majority' }, ...quorumNeeded }, [], false, false],
  ['majority: abstentions are no votes', { voting: { algorithm: 'majority' } }, votes('', '', 'ab'), true, false],
  ['majority: a tie passes', { voting: { algorithm: 'majority' } }, votes('a', 'b'), true, false],
  ['majority: fewer approvals fail', { voting: { algorithm: 'majority' } }, votes('a', 'bc'), false, true],
  [
    'majority: a decline over approval when the policy allows it',
    { voting: { algorithm: 'majority' }, commitment: { allow_decline_over_approval: true } },
    votes('ab', 'c'),
    true,
    true,
  ],
  [
    'majority: a decline needs a REJECT vote even then',
    { voting: { algorithm: 'majority' }, commitment: { allow_decline_over_approval: true } },
    votes('a'),
    true,
    false,
  ],
  ['supermajority: two of three miss 0.67', { voting: { algorithm: 'supermajority', threshold: 0.67 } }, votes('ab', 'c'), false, true],
  ['supermajority: two of three reach two thirds when the threshold is too low', { voting: { algorithm: 'supermajority' } }, votes('ab', 'c'), true, false],
  ['unanimous: a missing participant fails, and without a REJECT nothing can be declined', { voting: { algorithm: 'unanimous' } }, votes('abc'), false, false],
  ['unanimous: all approve', { voting: { algorithm: 'unanimous' } }, [...votes('abc'), vote('coord', 'APPROVE')], true, false],
  ['weighted: unlisted voters weigh 1', { voting: { algorithm: 'weighted', weights: { a: 3 } } }, votes('b', 'a'), false, true],
  ['weighted: no weight is no vote', { voting: { algorithm: 'weighted', weights: { a: 0 } } }, votes('a'), true, false],
  ['plurality: a tie fails', { voting: { algorithm: 'plurality' } }, votes('a', 'b'), false, true],
  ['plurality: more approvals pass', { voting: { algorithm: 'plurality' } }, votes('ab', 'c'), true, false],
  ['an unknown algorithm fails', { voting: { algorithm: 'lottery' } }, votes('ab'), false, false],
  ['quorum by count is met by abstentions', { voting: { quorum: count(2) }, ...quorumNeeded }, votes('a', '', 'b'), true, true],
  ['quorum by count is missed', { voting: { quorum: count(2) }, ...quorumNeeded }, votes('a'), false, false],
  ['quorum without the requirement only informs', { voting: { quorum: count(2) } }, votes('a'), true, true],
  ['quorum by percentage, 0 to 100', { voting: { quorum: { type: 'percentage', value: 50 } }, ...quorumNeeded }, votes('ab'), true, true],
  ['quorum by percentage is missed', { voting: { quorum: { type: 'percentage', value: 50.1 } }, ...quorumNeeded }, votes('ab'), false, false],
  ['evaluations: REVIEW does not count', { evaluation: { required_before_voting: true } }, [evaluation('REVIEW', 1)], false, false],
  ['evaluations: any other recommendation counts', { evaluation: { required_before_voting: true } }, [evaluation('BLOCK', 0.1)], true, true],
  ['evaluations: confidence reached', { evaluation: { required_before_voting: true, minimum_confidence: 0.7 } }, [evaluation('APPROVE', 0.7)], true, true],
  ['evaluations: confidence missed', { evaluation: { required_before_voting: true, minimum_confidence: 0.7 } }, [evaluation('APPROVE', 0.69)], false, false],
  ['evaluations: confidence alone has no effect', { evaluation: { minimum_confidence: 0.7 } }, [], true, true],
  ['objections: a threshold of 0 always vetoes', { objection_handling: { critical_severity_vetoes: true, veto_threshold: 0 } }, [], false, false],
  [
    'objections: high is not critical',
    { objection_handling: { critical_severity_vetoes: true } },
    [['a', 'Objection', { proposalId: 'p1', severity: 'high' }, 'ok']],
    true,
    true,
  ],
];

describe('explaining a decision', () => {
  it.each(decisionTable)('%s', (_name, rules, rows, positive, negative) => {
    const definition = policy(MODE_DECISION, rules);
    const view = play({ ...setup, policy: definition }, [proposal, ...rows]);
    const allowed = (outcome: boolean) => explainCommitment(definition, MODE_DECISION, view.modeState, setup.participants, outcome).allowed;
    expect({ positive: allowed(true), negative: allowed(false) }).toEqual({ positive, negative });
  });

  it('names every rule it looked at and collects all reasons', () => {
    const rules = {
      voting: { algorithm: 'majority', quorum: count(3) },
      evaluation: { required_before_voting: true },
      objection_handling: { critical_severity_vetoes: true },
      ...quorumNeeded,
    };
    const view = play(setup, [proposal, ...votes('a', 'b')]);
    const result = explainCommitment(policy(MODE_DECISION, rules), MODE_DECISION, view.modeState, setup.participants, true);
    expect(result.rules.map(({ rule, passed }) => [rule, passed])).toEqual([
      ['evaluation.required_before_voting', false],
      ['objection_handling.veto_threshold', true],
      ['voting.quorum', false],
      ['voting.majority', true],
    ]);
    expect(result.reasons).toEqual(['an evaluation other than REVIEW is required', '2 voted, quorum is 3 voter(s), not met']);
  });
});

describe('explaining any mode', () => {
  it('denies an unknown schema version and unreadable rules', () => {
    const state = play({ ...setup, mode: MODE_QUORUM }, []).modeState;
    const explain = (definition: ReturnType<typeof policy>) => explainCommitment(definition, MODE_QUORUM, state, ['a'], true);
    expect(explain(policy('*', {}, 3)).rules).toEqual([{ rule: 'schema_version', passed: false, detail: 'schema_version 3 is not supported' }]);
    expect(explain(policy('*', { threshold: { value: 'two' } })).reasons).toEqual(['the rules cannot be read: threshold.value must be a number']);
  });

  it('reads a * policy with the rules of the session and ignores foreign ones', () => {
    const state = play({ ...setup, mode: MODE_TASK }, []).modeState;
    expect(explainCommitment(policy('*', { voting: { algorithm: 7 } }), MODE_TASK, state, ['a'], true).allowed).toBe(true);
  });

  it('allows without a policy, and in modes that no policy governs', () => {
    expect(explainCommitment(undefined, MODE_DECISION, {}, [], true)).toEqual({ allowed: true, reasons: [], rules: [] });
    expect(explainCommitment(policy('*', {}, 9), MODE_MULTI_ROUND, {}, [], true).allowed).toBe(true);
    expect(explainCommitment(policy(MODE_HANDOFF, {}, 1), MODE_HANDOFF, {}, [], true).rules).toEqual([]);
  });

  it('rounds a percentage of 100 participants up as the reference does', () => {
    const participants = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const ballots = (approvals: number): QuorumState => ({
      phase: 'Balloting',
      ballots: new Map(participants.slice(0, approvals).map((sender) => [sender, { choice: 'APPROVE', reason: '' }])),
    });
    const allowed = (approvals: number) =>
      explainCommitment(policy(MODE_QUORUM, { threshold: { type: 'percentage', value: 55 } }), MODE_QUORUM, ballots(approvals), participants, true).allowed;
    expect(allowed(55)).toBe(false);
    expect(allowed(56)).toBe(true);
  });

  it('denies a positive outcome over the round limit', () => {
    const state = play({ ...setup, mode: MODE_PROPOSAL }, []).modeState as object;
    const explain = (positive: boolean) =>
      explainCommitment(policy(MODE_PROPOSAL, { counter_proposal: { max_rounds: 1 } }), MODE_PROPOSAL, { ...state, counterProposals: 2 }, ['a'], positive);
    expect(explain(true).reasons).toEqual(['2 counter-proposal(s), at most 1']);
    expect(explain(false).allowed).toBe(true);
  });
});
