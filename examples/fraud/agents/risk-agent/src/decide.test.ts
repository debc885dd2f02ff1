import { describe, expect, it } from 'vitest';
import { decide, statementsOf, type Statement } from './decide.js';
import { readPolicyHints } from './policy-hints.js';

const NONE = readPolicyHints(undefined);
const MAJORITY = readPolicyHints({ type: 'majority', threshold: 0.5, vetoEnabled: true, vetoThreshold: 1, minimumConfidence: 0 });
const UNANIMOUS = readPolicyHints({ type: 'unanimous', threshold: 1, vetoEnabled: true, vetoThreshold: 1, minimumConfidence: 0.7 });

const evaluated = (...recommendations: string[]): Statement[] =>
  statementsOf({ votes: [], evaluations: recommendations.map((recommendation, index) => ({ sender: `agent-${index}`, recommendation, confidence: 0.8 })) });
const voted = (...votes: string[]): Statement[] => statementsOf({ votes: votes.map((vote, index) => ({ sender: `agent-${index}`, vote })), evaluations: [] });

describe('statements', () => {
  it('take the vote of a participant over its evaluation', () => {
    const statements = statementsOf({
      votes: [{ sender: 'fraud-agent', vote: 'APPROVE' }],
      evaluations: [{ sender: 'fraud-agent', recommendation: 'REVIEW', confidence: 0.84 }],
    });
    expect(statements).toEqual([{ sender: 'fraud-agent', stand: 'approve', confidence: 1 }]);
  });
});

describe('the coordinator without a policy', () => {
  it('approves unless somebody rejects or objects', () => {
    expect(decide(voted('APPROVE', 'APPROVE', 'APPROVE'), [], NONE).decision).toBe('approve');
    expect(decide(voted('REJECT', 'APPROVE', 'REJECT'), [], NONE).decision).toBe('decline');
    expect(decide(voted('APPROVE'), [{ severity: 'low' }], NONE).decision).toBe('decline');
  });
});

describe('the coordinator under majority', () => {
  it('approves at the threshold', () => {
    expect(decide(voted('APPROVE', 'REJECT'), [], MAJORITY).decision).toBe('approve');
  });

  it('steps up when it only heard evaluations that mostly ask for a review', () => {
    expect(decide(evaluated('REVIEW', 'APPROVE', 'REVIEW'), [], MAJORITY)).toEqual({
      decision: 'step_up',
      reason: 'step_up: 1 of 3 approve, 0 reject, no objection raised (policy majority)',
    });
  });

  it('declines when rejections and objections outnumber approvals', () => {
    expect(decide(evaluated('BLOCK', 'APPROVE', 'REJECT'), [], MAJORITY).decision).toBe('decline');
    expect(decide(evaluated('REVIEW', 'APPROVE', 'REVIEW'), [{ severity: 'high' }, { severity: 'low' }], MAJORITY).decision).toBe('decline');
  });

  it('takes abstentions out of the denominator', () => {
    expect(decide(voted('APPROVE', 'ABSTAIN', 'ABSTAIN'), [], MAJORITY).decision).toBe('approve');
  });

  it('declines on a critical objection whatever the votes', () => {
    expect(decide(voted('APPROVE', 'APPROVE', 'APPROVE'), [{ severity: 'critical' }], MAJORITY)).toEqual({
      decision: 'decline',
      reason: 'decline: 1 critical objection raised, veto at 1',
    });
  });
});

describe('the coordinator under unanimity', () => {
  it('approves only when all approve', () => {
    expect(decide(voted('APPROVE', 'APPROVE', 'APPROVE'), [], UNANIMOUS).decision).toBe('approve');
    expect(decide(evaluated('APPROVE', 'REVIEW'), [], UNANIMOUS).decision).toBe('step_up');
    expect(decide(voted('APPROVE', 'REJECT'), [], UNANIMOUS).decision).toBe('decline');
  });

  it('steps up when an evaluation is below the minimum confidence', () => {
    const statements: Statement[] = [...voted('APPROVE'), { sender: 'other', stand: 'approve', confidence: 0.69 }];
    expect(decide(statements, [], UNANIMOUS)).toMatchObject({ decision: 'step_up', reason: expect.stringContaining('1 below confidence 0.7') });
  });
});
