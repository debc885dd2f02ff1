import type { Evaluation } from '@macp-agent/core';

/** What the scenario tells about an application. */
export interface Application {
  readonly loanAmount: number;
  /** 300 to 850. */
  readonly creditScore: number;
  /** Share of the income that goes into debts. */
  readonly debtToIncomeRatio: number;
  readonly employmentYears: number;
  readonly isExistingCustomer: boolean;
  readonly priorDefaults: number;
  /** 0 to 1; 0.5 where the scenario says nothing. */
  readonly deviceTrustScore: number;
}

/** Scenario inputs as an Application; what is missing counts against the applicant, and an unknown device for neither side. */
export function readApplication(inputs: Readonly<Record<string, unknown>>): Application {
  const number = (name: string, fallback: number): number => (typeof inputs[name] === 'number' ? inputs[name] : fallback);
  return {
    loanAmount: number('loanAmount', 0),
    creditScore: number('creditScore', 300),
    debtToIncomeRatio: number('debtToIncomeRatio', 1),
    employmentYears: number('employmentYears', 0),
    isExistingCustomer: inputs['isExistingCustomer'] === true,
    priorDefaults: number('priorDefaults', 0),
    deviceTrustScore: number('deviceTrustScore', 0.5),
  };
}

export type Rule = (application: Application) => Evaluation;

/** One rule per role. Confidence is at least what the policy of this pack asks for, 0.6. */
export const RULES: Readonly<Record<string, Rule>> = {
  fraud({ deviceTrustScore, isExistingCustomer }) {
    if (deviceTrustScore < 0.1) {
      const reason = `device trust ${deviceTrustScore}: who applies cannot be established`;
      return { recommendation: 'BLOCK', confidence: 0.9, reason, objection: { severity: 'critical', reason } };
    }
    if (deviceTrustScore < 0.4 && !isExistingCustomer) return { recommendation: 'REVIEW', confidence: 0.7, reason: 'a new customer on an unfamiliar device' };
    return { recommendation: 'APPROVE', confidence: 0.8, reason: 'nothing speaks against the identity' };
  },
  'credit-analyst'({ creditScore, debtToIncomeRatio }) {
    const facts = `credit score ${creditScore}, debts of ${Math.round(debtToIncomeRatio * 100)} % of the income`;
    if (creditScore < 580 || debtToIncomeRatio > 0.5) return { recommendation: 'BLOCK', confidence: 0.85, reason: `${facts}: cannot be carried` };
    if (creditScore >= 720 && debtToIncomeRatio <= 0.36) return { recommendation: 'APPROVE', confidence: 0.9, reason: facts };
    return { recommendation: 'REVIEW', confidence: 0.75, reason: `${facts}: with conditions` };
  },
  compliance({ priorDefaults, employmentYears, loanAmount }) {
    if (priorDefaults >= 2) {
      const reason = `${priorDefaults} earlier loans were not paid back`;
      return { recommendation: 'BLOCK', confidence: 0.85, reason, objection: { severity: 'high', reason } };
    }
    const doubts = [
      ...(priorDefaults === 1 ? ['one earlier loan was not paid back'] : []),
      ...(employmentYears < 1 ? ['employed for less than a year'] : []),
      ...(loanAmount > 100_000 ? [`an amount of ${loanAmount}`] : []),
    ];
    if (doubts.length > 0) return { recommendation: 'REVIEW', confidence: 0.7, reason: doubts.join('; ') };
    return { recommendation: 'APPROVE', confidence: 0.8, reason: 'no rule stands against the loan' };
  },
};

/** What the underwriter has heard when the votes are in. */
export interface Heard {
  readonly votes: readonly { readonly vote: string }[];
  readonly evaluations: readonly { readonly recommendation: string }[];
  readonly objections: readonly { readonly severity: string }[];
}

export interface Decision {
  readonly action: 'approve' | 'conditional_approve' | 'decline';
  readonly outcomePositive: boolean;
  readonly reason: string;
  readonly authorityScope: string;
  /** The underwriter votes too, before it commits. */
  readonly vote: { readonly vote: 'APPROVE' | 'REJECT'; readonly reason: string };
}

/** Share of the others that must approve; the policy asks for the same of all votes. */
const THRESHOLD = 0.67;

/** Declines below two thirds or against a critical objection, approves what nobody doubts, and asks for conditions in between. */
export function decide({ votes, evaluations, objections }: Heard): Decision {
  const approve = votes.filter(({ vote }) => vote === 'APPROVE').length;
  const cast = approve + votes.filter(({ vote }) => vote === 'REJECT').length;
  const critical = objections.some(({ severity }) => severity === 'critical');
  const outcomePositive = !critical && cast > 0 && approve / cast >= THRESHOLD;
  const doubted = objections.length > 0 || evaluations.some(({ recommendation }) => recommendation !== 'APPROVE');
  const reason = `${approve} of ${cast} approve, ${objections.length} objection(s)${critical ? ', one of them critical' : ''}`;
  return {
    action: outcomePositive ? (doubted ? 'conditional_approve' : 'approve') : 'decline',
    outcomePositive,
    reason,
    authorityScope: 'loan_underwriting',
    vote: { vote: outcomePositive ? 'APPROVE' : 'REJECT', reason },
  };
}
