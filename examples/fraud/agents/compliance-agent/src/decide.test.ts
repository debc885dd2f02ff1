import { describe, expect, it } from 'vitest';
import { recommend } from './decide.js';

const ordinary = { deviceTrustScore: 0.5, priorChargebacks: 0, transactionAmount: 2400, accountAgeDays: 14 };

describe('the compliance rules', () => {
  it.each([
    ['review an ordinary transaction', ordinary, 'REVIEW'],
    ['object to a device trust of exactly 0.08', { ...ordinary, deviceTrustScore: 0.08 }, 'BLOCK'],
    ['let 0.0801 pass', { ...ordinary, deviceTrustScore: 0.0801 }, 'REVIEW'],
    ['object to two chargebacks', { ...ordinary, priorChargebacks: 2 }, 'BLOCK'],
    ['let one chargeback pass', { ...ordinary, priorChargebacks: 1 }, 'REVIEW'],
    ['object to 3000 on an account of 6 days', { ...ordinary, transactionAmount: 3000, accountAgeDays: 6 }, 'BLOCK'],
    ['let 3000 on an account of 7 days pass', { ...ordinary, transactionAmount: 3000, accountAgeDays: 7 }, 'REVIEW'],
    ['let 2999.99 on an account of 6 days pass', { ...ordinary, transactionAmount: 2999.99, accountAgeDays: 6 }, 'REVIEW'],
  ] as const)('%s', (_title, facts, recommendation) => {
    expect(recommend(facts)).toMatchObject({ recommendation, confidence: 0.76 });
  });

  it('object by evaluation only, so that the critical veto cannot trigger', () => {
    expect(recommend({ ...ordinary, priorChargebacks: 2 })).not.toHaveProperty('objection');
    expect(recommend({ ...ordinary, priorChargebacks: 2 }).reason).toBe(
      'severity high, so a rejection and no veto (only critical vetoes): 2 prior chargebacks',
    );
  });
});
