import { describe, expect, it } from 'vitest';
import { BatchStatistics, readSummaryInput } from './batch-summary.js';

const votes = (...pairs: [string, string][]): { sender: string; vote: string }[] => pairs.map(([sender, vote]) => ({ sender, vote }));

describe('the summary of a batch', () => {
  it('counts outcomes, and gives latencies at percentiles', () => {
    const statistics = new BatchStatistics();
    for (let ms = 1; ms <= 100; ms += 1) statistics.add({ decided: ms <= 70 ? 'approve' : 'EXPIRED', durationMs: ms, passed: ms <= 70, votes: [] });
    expect(statistics.summary()).toEqual({
      cases: 100,
      passed: 70,
      outcomes: { approve: 70, EXPIRED: 30 },
      latencyMs: { p50: 50, p95: 95, p99: 99, max: 100 },
      disagreements: { cases: 0, pairs: [] },
    });
  });

  it('says who voted against whom; who abstains disagrees with nobody', () => {
    const statistics = new BatchStatistics();
    const add = (...pairs: [string, string][]): void => statistics.add({ decided: 'x', durationMs: 1, passed: true, votes: votes(...pairs) });
    add(['b', 'APPROVE'], ['a', 'REJECT'], ['c', 'ABSTAIN']);
    add(['a', 'APPROVE'], ['b', 'REJECT'], ['c', 'REJECT']);
    add(['a', 'APPROVE'], ['b', 'APPROVE']);
    expect(statistics.summary().disagreements).toEqual({
      cases: 2,
      pairs: [
        { between: ['a', 'b'], cases: 2 },
        { between: ['a', 'c'], cases: 1 },
      ],
    });
  });

  it('compares decisions with labels where there are some', () => {
    const statistics = new BatchStatistics();
    for (const [label, decided] of [
      ['approve', 'approve'],
      ['approve', 'decline'],
      ['decline', 'decline'],
      [undefined, 'approve'],
    ] as const)
      statistics.add({ decided, durationMs: 1, passed: true, votes: [], label });
    expect(statistics.summary().confusion).toEqual({
      labelled: 3,
      accuracy: 2 / 3,
      matrix: { approve: { approve: 1, decline: 1 }, decline: { decline: 1 } },
    });
  });

  it('reads what it needs from a line of results', () => {
    const outcome = { state: 'CANCELLED', votes: votes(['a', 'APPROVE']) };
    expect(readSummaryInput({ passed: true, durationMs: 3, label: 'x', outcome })).toEqual({
      decided: 'CANCELLED',
      durationMs: 3,
      passed: true,
      votes: outcome.votes,
      label: 'x',
    });
    expect(readSummaryInput({ passed: false, durationMs: 3, error: 'no' })).toMatchObject({ decided: 'NONE' });
    expect(readSummaryInput({ name: 'x' })).toBeUndefined();
  });
});
