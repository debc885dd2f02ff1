import type { Evaluation } from '@macp-agent/core';

export type Severity = 'minor' | 'moderate' | 'severe' | 'total_loss';

/** What the scenario tells about a claim. */
export interface Claim {
  readonly claimAmount: number;
  /** Months since the policy began. */
  readonly policyAge: number;
  readonly priorClaims: number;
  readonly isHighValuePolicy: boolean;
  readonly incidentSeverity: Severity;
}

/** What damage of each severity costs at most, as a rule. */
const USUAL_AMOUNT: Readonly<Record<Severity, number>> = { minor: 3_000, moderate: 12_000, severe: 40_000, total_loss: 80_000 };

/** Scenario inputs as a Claim; what is missing counts as 0, false or minor. */
export function readClaim(inputs: Readonly<Record<string, unknown>>): Claim {
  const number = (name: string): number => (typeof inputs[name] === 'number' ? inputs[name] : 0);
  const severity = inputs['incidentSeverity'];
  return {
    claimAmount: number('claimAmount'),
    policyAge: number('policyAge'),
    priorClaims: number('priorClaims'),
    isHighValuePolicy: inputs['isHighValuePolicy'] === true,
    incidentSeverity: isSeverity(severity) ? severity : 'minor',
  };
}

const isSeverity = (value: unknown): value is Severity => typeof value === 'string' && Object.hasOwn(USUAL_AMOUNT, value);

export type Rule = (claim: Claim) => Evaluation;

/** One rule per role. */
export const RULES: Readonly<Record<string, Rule>> = {
  'claims-validator'({ claimAmount, incidentSeverity }) {
    const usual = USUAL_AMOUNT[incidentSeverity];
    const facts = `${claimAmount} for ${incidentSeverity} damage, usually up to ${usual}`;
    if (claimAmount > 2 * usual) return { recommendation: 'BLOCK', confidence: 0.85, reason: `${facts}: more than twice as much` };
    if (claimAmount > usual) return { recommendation: 'REVIEW', confidence: 0.7, reason: facts };
    return { recommendation: 'APPROVE', confidence: 0.85, reason: facts };
  },
  'customer-advocate'({ priorClaims, isHighValuePolicy }) {
    if (priorClaims <= 1 || isHighValuePolicy) return { recommendation: 'APPROVE', confidence: 0.8, reason: 'a customer worth keeping' };
    return { recommendation: 'REVIEW', confidence: 0.65, reason: `${priorClaims} claims before this one` };
  },
  'compliance-reviewer'({ priorClaims, policyAge, incidentSeverity }) {
    if (policyAge < 3) return { recommendation: 'BLOCK', confidence: 0.8, reason: `the policy is ${policyAge} months old; claims are covered from the third` };
    if (priorClaims >= 3) return { recommendation: 'BLOCK', confidence: 0.8, reason: `${priorClaims} claims before this one` };
    if (incidentSeverity === 'severe' || incidentSeverity === 'total_loss') {
      return { recommendation: 'REVIEW', confidence: 0.75, reason: `${incidentSeverity} damage is looked at by a surveyor` };
    }
    if (priorClaims === 2) return { recommendation: 'REVIEW', confidence: 0.7, reason: 'the third claim' };
    return { recommendation: 'APPROVE', confidence: 0.8, reason: 'no rule stands against the claim' };
  },
};

/** What the adjuster has heard when the votes are in. */
export interface Heard {
  readonly votes: readonly { readonly vote: string }[];
  readonly evaluations: readonly { readonly recommendation: string }[];
}

export interface Decision {
  readonly action: 'approve' | 'investigate' | 'deny';
  readonly outcomePositive: boolean;
  readonly reason: string;
  readonly authorityScope: string;
  /** The adjuster votes too, before it commits. */
  readonly vote: { readonly vote: 'APPROVE' | 'REJECT'; readonly reason: string };
}

/** Denies when most reject, approves what nobody doubts, and investigates everything in between. */
export function decide({ votes, evaluations }: Heard): Decision {
  const approve = votes.filter(({ vote }) => vote === 'APPROVE').length;
  const reject = votes.filter(({ vote }) => vote === 'REJECT').length;
  const outcomePositive = approve > 0 && approve >= reject;
  const doubted = reject > 0 || evaluations.some(({ recommendation }) => recommendation !== 'APPROVE');
  const reason = `${approve} approve, ${reject} reject`;
  return {
    action: outcomePositive ? (doubted ? 'investigate' : 'approve') : 'deny',
    outcomePositive,
    reason,
    authorityScope: 'claim_review',
    vote: { vote: outcomePositive ? 'APPROVE' : 'REJECT', reason },
  };
}
