import { describe, expect, it } from 'vitest';
import { decide, readApplication, RULES, type Application } from './decide.js';

const strong: Application = readApplication({
  loanAmount: 25_000,
  creditScore: 780,
  debtToIncomeRatio: 0.22,
  employmentYears: 8,
  isExistingCustomer: true,
  priorDefaults: 0,
  deviceTrustScore: 0.9,
});

describe('the rules for loans', () => {
  it.each<[string, Partial<Application>, string]>([
    ['fraud', {}, 'APPROVE'],
    ['fraud', { deviceTrustScore: 0.09 }, 'BLOCK'],
    ['fraud', { deviceTrustScore: 0.1, isExistingCustomer: false }, 'REVIEW'],
    ['fraud', { deviceTrustScore: 0.1 }, 'APPROVE'],
    ['credit-analyst', {}, 'APPROVE'],
    ['credit-analyst', { creditScore: 720, debtToIncomeRatio: 0.36 }, 'APPROVE'],
    ['credit-analyst', { creditScore: 719 }, 'REVIEW'],
    ['credit-analyst', { debtToIncomeRatio: 0.37 }, 'REVIEW'],
    ['credit-analyst', { creditScore: 579 }, 'BLOCK'],
    ['credit-analyst', { debtToIncomeRatio: 0.51 }, 'BLOCK'],
    ['compliance', {}, 'APPROVE'],
    ['compliance', { priorDefaults: 1 }, 'REVIEW'],
    ['compliance', { employmentYears: 0.5 }, 'REVIEW'],
    ['compliance', { loanAmount: 100_001 }, 'REVIEW'],
    ['compliance', { priorDefaults: 2 }, 'BLOCK'],
  ])('%s of %j is %s', (role, changes, recommendation) => {
    expect(RULES[role]?.({ ...strong, ...changes })).toMatchObject({ recommendation });
  });

  it('count what is missing against the applicant', () => {
    expect(RULES['credit-analyst']?.(readApplication({}))).toMatchObject({ recommendation: 'BLOCK' });
  });
});

describe('the underwriter', () => {
  const votes = (...words: string[]) => words.map((vote) => ({ vote }));
  const evaluations = (...words: string[]) => words.map((recommendation) => ({ recommendation }));

  it.each([
    [votes('APPROVE', 'APPROVE', 'APPROVE'), evaluations('APPROVE', 'APPROVE', 'APPROVE'), [], 'approve'],
    [votes('APPROVE', 'APPROVE', 'APPROVE'), evaluations('APPROVE', 'REVIEW', 'APPROVE'), [], 'conditional_approve'],
    [votes('APPROVE', 'APPROVE', 'REJECT'), evaluations('APPROVE', 'APPROVE', 'BLOCK'), [], 'decline'],
    [votes('APPROVE', 'APPROVE', 'ABSTAIN'), evaluations('APPROVE', 'APPROVE'), [], 'approve'],
    [votes('APPROVE', 'APPROVE', 'APPROVE'), evaluations('APPROVE', 'APPROVE', 'APPROVE'), [{ severity: 'critical' }], 'decline'],
    [[], [], [], 'decline'],
  ])('%j %j %j', (cast, heard, objections, action) => {
    const decision = decide({ votes: cast, evaluations: heard, objections });
    expect(decision).toMatchObject({ action, outcomePositive: action !== 'decline', vote: { vote: action === 'decline' ? 'REJECT' : 'APPROVE' } });
  });
});
