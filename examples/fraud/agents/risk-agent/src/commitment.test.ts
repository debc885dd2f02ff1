import { describe, expect, it } from 'vitest';
import { outcomeOf, wantsSuspension } from './commitment.js';

const votesOf = (votes: Readonly<Record<string, string>>): { sender: string; vote: string }[] =>
  Object.entries(votes).map(([sender, vote]) => ({ sender, vote }));
const heard = { evaluations: [], objections: [] };

describe('the commitment', () => {
  it('is positive unless it declines, and the own vote says the same', () => {
    expect(outcomeOf({ ...heard, votes: votesOf({ a: 'APPROVE', b: 'APPROVE' }) }, {})).toEqual({
      action: 'approve',
      outcomePositive: true,
      reason: 'approve: 2 of 2 approve, 0 reject, no objection raised (policy none)',
      authorityScope: 'transaction_review',
      vote: { vote: 'APPROVE', reason: 'approve: 2 of 2 approve, 0 reject, no objection raised (policy none)' },
    });
    expect(outcomeOf({ ...heard, votes: votesOf({ a: 'APPROVE', b: 'REJECT' }) }, {})).toMatchObject({
      action: 'decline',
      outcomePositive: false,
      vote: { vote: 'REJECT' },
    });
  });

  it('uses the words of the scenario', () => {
    const vocabulary = { approve: 'approve', step_up: 'investigate', decline: 'deny' };
    expect(outcomeOf({ ...heard, votes: votesOf({ a: 'REJECT' }) }, { vocabulary })).toMatchObject({ action: 'deny', outcomePositive: false });
    expect(outcomeOf({ ...heard, votes: votesOf({ a: 'REJECT' }) }, { vocabulary: { decline: 5 } }).action).toBe('decline');
  });

  it('takes the evaluation of a participant whose vote is missing', () => {
    const evaluations = [{ sender: 'c', recommendation: 'APPROVE', confidence: 0.8 }];
    expect(outcomeOf({ votes: votesOf({ a: 'APPROVE', b: 'APPROVE' }), evaluations, objections: [] }, {})).toMatchObject({ action: 'approve' });
  });
});

describe('the suspend demo', () => {
  it('is for customers whose id contains suspend in any case', () => {
    expect([wantsSuspension({ customerId: 'CUST-SUSPEND-2001' }), wantsSuspension({ customerId: 'CUST-1001' }), wantsSuspension({})]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
