import { describe, expect, it } from 'vitest';
import { recommend } from './decide.js';

const vip = { isVipCustomer: true, accountAgeDays: 14, transactionAmount: 2400 };

describe('the growth rules', () => {
  it.each([
    ['keep a VIP of a week with an ordinary amount', vip, 'APPROVE', 0.88],
    ['keep a VIP of exactly 7 days with exactly 5000', { ...vip, accountAgeDays: 7, transactionAmount: 5000 }, 'APPROVE', 0.88],
    ['treat a VIP of 6 days as ordinary', { ...vip, accountAgeDays: 6 }, 'APPROVE', 0.78],
    ['look again at more than 5000, VIP or not', { ...vip, transactionAmount: 5000.01 }, 'REVIEW', 0.73],
    ['look again at accounts younger than 3 days', { ...vip, accountAgeDays: 2 }, 'REVIEW', 0.73],
    ['approve an account of 3 days', { ...vip, isVipCustomer: false, accountAgeDays: 3 }, 'APPROVE', 0.78],
  ] as const)('%s', (_title, facts, recommendation, confidence) => {
    expect(recommend(facts)).toMatchObject({ recommendation, confidence });
  });
});
