import { describe, expect, it } from 'vitest';
import { flagChargebacks, flagDevice, recommend } from './decide.js';

describe('the fraud rules', () => {
  it.each([
    [0, 'critical'],
    [0.0799, 'critical'],
    [0.08, 'low'],
    [0.1999, 'low'],
    [0.2, 'none'],
    [1, 'none'],
  ])('flag a device trust of %d as %s', (deviceTrustScore, flag) => {
    expect(flagDevice({ deviceTrustScore })).toBe(flag);
  });

  it.each([
    [0, 'none'],
    [1, 'moderate'],
    [2, 'high'],
    [9, 'high'],
  ])('flag %d chargebacks as %s', (priorChargebacks, flag) => {
    expect(flagChargebacks({ priorChargebacks })).toBe(flag);
  });

  it('block on a critical or high flag, review on any other, else approve', () => {
    expect(recommend('critical', 'none')).toMatchObject({ recommendation: 'BLOCK', confidence: 0.94 });
    expect(recommend('none', 'high')).toMatchObject({ recommendation: 'BLOCK', confidence: 0.94 });
    expect(recommend('low', 'none')).toMatchObject({ recommendation: 'REVIEW', confidence: 0.84 });
    expect(recommend('none', 'moderate')).toMatchObject({ recommendation: 'REVIEW', confidence: 0.84 });
    expect(recommend('none', 'none')).toMatchObject({ recommendation: 'APPROVE', confidence: 0.72 });
  });
});
