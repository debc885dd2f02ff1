import { describe, expect, it } from 'vitest';
import { decide, readClaim, RULES, type Claim } from './decide.js';

const usual: Claim = readClaim({ claimAmount: 8_500, policyAge: 24, priorClaims: 1, isHighValuePolicy: false, incidentSeverity: 'moderate' });

describe('the rules for claims', () => {
  it.each<[string, Partial<Claim>, string]>([
    ['claims-validator', {}, 'APPROVE'],
    ['claims-validator', { claimAmount: 12_000 }, 'APPROVE'],
    ['claims-validator', { claimAmount: 12_001 }, 'REVIEW'],
    ['claims-validator', { claimAmount: 24_001 }, 'BLOCK'],
    ['claims-validator', { incidentSeverity: 'minor' }, 'BLOCK'],
    ['claims-validator', { incidentSeverity: 'total_loss', claimAmount: 60_000 }, 'APPROVE'],
    ['customer-advocate', {}, 'APPROVE'],
    ['customer-advocate', { priorClaims: 2 }, 'REVIEW'],
    ['customer-advocate', { priorClaims: 2, isHighValuePolicy: true }, 'APPROVE'],
    ['compliance-reviewer', {}, 'APPROVE'],
    ['compliance-reviewer', { policyAge: 2 }, 'BLOCK'],
    ['compliance-reviewer', { priorClaims: 2 }, 'REVIEW'],
    ['compliance-reviewer', { priorClaims: 3 }, 'BLOCK'],
    ['compliance-reviewer', { incidentSeverity: 'severe' }, 'REVIEW'],
  ])('%s of %j is %s', (role, changes, recommendation) => {
    expect(RULES[role]?.({ ...usual, ...changes })).toMatchObject({ recommendation });
  });

  it('take an unknown severity for minor', () => {
    expect(readClaim({ incidentSeverity: 'toString' }).incidentSeverity).toBe('minor');
  });
});

describe('the adjuster', () => {
  const votes = (...words: string[]) => words.map((vote) => ({ vote }));
  const evaluations = (...words: string[]) => words.map((recommendation) => ({ recommendation }));

  it.each([
    [votes('APPROVE', 'APPROVE', 'APPROVE'), evaluations('APPROVE', 'APPROVE', 'APPROVE'), 'approve'],
    [votes('APPROVE', 'APPROVE', 'APPROVE'), evaluations('APPROVE', 'REVIEW', 'APPROVE'), 'investigate'],
    [votes('APPROVE', 'APPROVE', 'REJECT'), evaluations('APPROVE', 'APPROVE', 'BLOCK'), 'investigate'],
    [votes('APPROVE', 'REJECT', 'REJECT'), evaluations('APPROVE', 'BLOCK', 'BLOCK'), 'deny'],
    [[], [], 'deny'],
  ])('%j %j', (cast, heard, action) => {
    expect(decide({ votes: cast, evaluations: heard })).toMatchObject({ action, outcomePositive: action !== 'deny' });
  });
});
