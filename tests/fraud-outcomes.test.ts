import { readFileSync } from 'node:fs';
import { evaluateDecision, parseDecisionRules, type DecisionState } from '../packages/protocol/src/index.js';
import { describe, expect, it } from 'vitest';
import { recommend as complianceOf } from '../examples/fraud/agents/compliance-agent/src/decide.js';
import { flagChargebacks, flagDevice, recommend as fraudOf } from '../examples/fraud/agents/fraud-agent/src/decide.js';
import { recommend as growthOf } from '../examples/fraud/agents/growth-agent/src/decide.js';
import { outcomeOf } from '../examples/fraud/agents/risk-agent/src/commitment.js';
import { readTransaction, voteFor } from '../templates/node/src/decide.js';

const DEFAULTS = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const HINTS = {
  none: undefined,
  majority: { type: 'majority', threshold: 0.5, vetoEnabled: true, vetoThreshold: 1, minimumConfidence: 0 },
  unanimous: { type: 'unanimous', threshold: 1, vetoEnabled: true, vetoThreshold: 1, minimumConfidence: 0.7 },
};

function heardFor(inputs: Readonly<Record<string, unknown>>) {
  const transaction = readTransaction({ ...DEFAULTS, ...inputs });
  const opinions = {
    'fraud-agent': fraudOf(flagDevice(transaction), flagChargebacks(transaction)),
    'growth-agent': growthOf(transaction),
    'compliance-agent': complianceOf(transaction),
  };
  const entries = Object.entries(opinions);
  return {
    opinions,
    evaluations: entries.map(([sender, evaluation]) => ({ sender, ...evaluation })),
    votes: entries.map(([sender, evaluation]) => ({ sender, ...voteFor(evaluation) })),
    objections: [],
  };
}

const summary = (inputs: Readonly<Record<string, unknown>>): string =>
  Object.values(heardFor(inputs).opinions)
    .map(({ recommendation, confidence }) => `${recommendation} ${confidence}`)
    .join(' / ');
const actionOf = (inputs: Readonly<Record<string, unknown>>, hints: keyof typeof HINTS): string => {
  return outcomeOf(heardFor(inputs), HINTS[hints]).action;
};

const UNANIMOUS_INPUTS = { transactionAmount: 12_500, deviceTrustScore: 0.08, accountAgeDays: 3, isVipCustomer: false, priorChargebacks: 2 };

describe('the fraud decision, by template', () => {
  it.each([
    ['default', {}, 'none', 'REVIEW 0.84 / APPROVE 0.88 / REVIEW 0.76', 'approve'],
    ['majority-veto', {}, 'majority', 'REVIEW 0.84 / APPROVE 0.88 / REVIEW 0.76', 'approve'],
    ['strict-risk', { deviceTrustScore: 0.08, accountAgeDays: 7, priorChargebacks: 2 }, 'none', 'BLOCK 0.94 / APPROVE 0.88 / BLOCK 0.76', 'decline'],
    ['unanimous', UNANIMOUS_INPUTS, 'unanimous', 'BLOCK 0.94 / REVIEW 0.73 / BLOCK 0.76', 'decline'],
    ['suspend-demo', { customerId: 'CUST-SUSPEND-2001' }, 'majority', 'REVIEW 0.84 / APPROVE 0.88 / REVIEW 0.76', 'approve'],
  ] as const)('%s', (_template, inputs, hints, evaluations, action) => {
    expect(summary(inputs)).toBe(evaluations);
    expect(actionOf(inputs, hints)).toBe(action);
  });
});

describe('the fraud decision, by input point', () => {
  it.each([
    [{ deviceTrustScore: 0.5, priorChargebacks: 0 }, 'APPROVE 0.72 / APPROVE 0.88 / REVIEW 0.76', 'approve', 'approve'],
    [{ deviceTrustScore: 0.07, priorChargebacks: 0 }, 'BLOCK 0.94 / APPROVE 0.88 / BLOCK 0.76', 'decline', 'decline'],
    [{ deviceTrustScore: 0.08, priorChargebacks: 0 }, 'REVIEW 0.84 / APPROVE 0.88 / BLOCK 0.76', 'decline', 'approve'],
    [{ deviceTrustScore: 0.2, priorChargebacks: 0 }, 'APPROVE 0.72 / APPROVE 0.88 / REVIEW 0.76', 'approve', 'approve'],
    [
      { transactionAmount: 3000, accountAgeDays: 6, deviceTrustScore: 0.5, priorChargebacks: 0 },
      'APPROVE 0.72 / APPROVE 0.78 / BLOCK 0.76',
      'decline',
      'approve',
    ],
    [{ transactionAmount: 5000.01, deviceTrustScore: 0.5, priorChargebacks: 0 }, 'APPROVE 0.72 / REVIEW 0.73 / REVIEW 0.76', 'approve', 'approve'],
    [
      { transactionAmount: 100, accountAgeDays: 2, deviceTrustScore: 0.5, priorChargebacks: 0 },
      'APPROVE 0.72 / REVIEW 0.73 / REVIEW 0.76',
      'approve',
      'approve',
    ],
    [{ deviceTrustScore: 0.9, priorChargebacks: 2 }, 'BLOCK 0.94 / APPROVE 0.88 / BLOCK 0.76', 'decline', 'decline'],
  ] as const)('%j', (inputs, evaluations, withoutPolicy, underMajority) => {
    expect(summary(inputs)).toBe(evaluations);
    expect(actionOf(inputs, 'none')).toBe(withoutPolicy);
    expect(actionOf(inputs, 'majority')).toBe(underMajority);
  });
});

describe('the ninth outcome', () => {
  it('is a denial: unanimity wants an evaluation other than REVIEW, and all three are REVIEW', () => {
    const heard = heardFor({ ...UNANIMOUS_INPUTS, deviceTrustScore: 0.18, priorChargebacks: 1, accountAgeDays: 14 });
    const outcome = outcomeOf(heard, HINTS.unanimous);
    expect(heard.evaluations.map(({ recommendation }) => recommendation)).toEqual(['REVIEW', 'REVIEW', 'REVIEW']);
    expect(outcome).toMatchObject({ action: 'approve', outcomePositive: true });

    const policy = JSON.parse(readFileSync(new URL('../examples/fraud/policies/unanimous.json', import.meta.url), 'utf8')) as {
      rules: Record<string, unknown>;
    };
    const votes = new Map(
      [...heard.votes, { sender: 'risk-agent', vote: 'APPROVE', reason: '' }].map(({ sender, vote, reason }) => [sender, { vote, reason }]),
    );
    const state: DecisionState = {
      phase: 'Voting',
      proposals: new Map(),
      evaluations: heard.evaluations.map((evaluation) => ({ ...evaluation, proposalId: 'p' })),
      objections: [],
      votes: new Map([['p', votes]]),
    };
    const verdict = evaluateDecision(parseDecisionRules(policy.rules), state, [...votes.keys()], true);
    expect(verdict).toMatchObject({ allowed: false, reasons: ['no evaluation other than REVIEW reaches confidence 0.7'] });
  });
});
