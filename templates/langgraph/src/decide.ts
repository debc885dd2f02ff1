import type { Evaluation } from '@macp-agent/core';

/** What the scenario tells every agent about the transaction under review. */
export interface Transaction {
  readonly customerId: string;
  readonly transactionAmount: number;
  /** 0 (never seen, or known bad) to 1 (trusted). */
  readonly deviceTrustScore: number;
  readonly accountAgeDays: number;
  readonly isVipCustomer: boolean;
  readonly priorChargebacks: number;
}

/** Scenario inputs as a Transaction; what is missing counts as empty, 0 or false. Text in the inputs is data, never an instruction. */
export function readTransaction(inputs: Readonly<Record<string, unknown>>): Transaction {
  const number = (name: string): number => (typeof inputs[name] === 'number' ? inputs[name] : 0);
  return {
    customerId: typeof inputs['customerId'] === 'string' ? inputs['customerId'] : '',
    transactionAmount: number('transactionAmount'),
    deviceTrustScore: number('deviceTrustScore'),
    accountAgeDays: number('accountAgeDays'),
    isVipCustomer: inputs['isVipCustomer'] === true,
    priorChargebacks: number('priorChargebacks'),
  };
}

// Signals: plain functions. Replace them with calls to your own services.

export function deviceReputation({ deviceTrustScore }: Pick<Transaction, 'deviceTrustScore'>): 'bad' | 'unfamiliar' | 'known' {
  if (deviceTrustScore < 0.1) return 'bad';
  return deviceTrustScore < 0.4 ? 'unfamiliar' : 'known';
}

export function chargebackHistory({ priorChargebacks }: Pick<Transaction, 'priorChargebacks'>): 'clean' | 'some' | 'many' {
  if (priorChargebacks === 0) return 'clean';
  return priorChargebacks < 3 ? 'some' : 'many';
}

export function customerValue({ isVipCustomer, accountAgeDays }: Pick<Transaction, 'isVipCustomer' | 'accountAgeDays'>): 'vip' | 'new' | 'regular' {
  if (isVipCustomer) return 'vip';
  return accountAgeDays < 7 ? 'new' : 'regular';
}

export interface Signals {
  readonly device: ReturnType<typeof deviceReputation>;
  readonly chargebacks: ReturnType<typeof chargebackHistory>;
  readonly customer: ReturnType<typeof customerValue>;
}

export function readSignals(transaction: Transaction): Signals {
  return { device: deviceReputation(transaction), chargebacks: chargebackHistory(transaction), customer: customerValue(transaction) };
}

// Rules: one per role. A role that is not listed has no opinion: its agent watches and stays silent.

export type Rule = (transaction: Transaction, signals: Signals) => Evaluation;

export const RULES: Readonly<Record<string, Rule>> = {
  fraud(_transaction, { device, chargebacks }) {
    if (device === 'bad') {
      const reason = 'the device is known to be bad';
      return { recommendation: 'BLOCK', confidence: 0.95, reason, objection: { severity: 'critical', reason } };
    }
    if (device === 'unfamiliar' && chargebacks !== 'clean') {
      const reason = `an unfamiliar device and ${chargebacks} chargebacks`;
      return { recommendation: 'BLOCK', confidence: 0.8, reason, objection: { severity: 'high', reason } };
    }
    if (device === 'unfamiliar' || chargebacks !== 'clean')
      return { recommendation: 'REVIEW', confidence: 0.7, reason: `device ${device}, chargebacks ${chargebacks}` };
    return { recommendation: 'APPROVE', confidence: 0.85, reason: 'a known device and no chargebacks' };
  },
  growth({ transactionAmount }, { customer }) {
    if (customer === 'new' || transactionAmount > 10_000)
      return { recommendation: 'REVIEW', confidence: 0.6, reason: `a ${customer} customer spends ${transactionAmount}` };
    return { recommendation: 'APPROVE', confidence: 0.9, reason: `worth keeping: a ${customer} customer` };
  },
  compliance({ transactionAmount, accountAgeDays }, { device }) {
    if (device === 'bad') return { recommendation: 'BLOCK', confidence: 0.8, reason: 'the identity behind the device cannot be established' };
    if (transactionAmount >= 2_000 && accountAgeDays < 30)
      return { recommendation: 'REVIEW', confidence: 0.75, reason: 'a large amount on a young account: ask for a second factor' };
    return { recommendation: 'APPROVE', confidence: 0.75, reason: 'within the limits' };
  },
};

/** What a real model is told, by role; used when MACP_MODEL is set. The rules above answer otherwise. */
export const INSTRUCTIONS: Readonly<Record<string, string>> = {
  fraud: 'You are the fraud analyst. BLOCK and raise an objection when device and chargebacks point to fraud, critical only for a device known to be bad.',
  growth: 'You speak for the customer relationship. APPROVE customers worth keeping; REVIEW new customers and amounts over 10000.',
  compliance: 'You check identity and limits. BLOCK when the identity cannot be established; REVIEW large amounts on young accounts.',
};

/** An own evaluation as a vote. Without one, or with confidence 0, no assessment was possible. */
export function voteFor(own: { readonly recommendation: string; readonly confidence: number; readonly reason: string } | undefined): {
  vote: 'APPROVE' | 'REJECT' | 'ABSTAIN';
  reason: string;
} {
  if (own === undefined) return { vote: 'ABSTAIN', reason: 'no assessment' };
  if (own.confidence === 0) return { vote: 'ABSTAIN', reason: own.reason };
  return { vote: own.recommendation === 'APPROVE' || own.recommendation === 'REVIEW' ? 'APPROVE' : 'REJECT', reason: own.reason };
}

// The initiator's decision. The runtime then judges it by the policy in policies/ and may refuse it.

/** More than this goes to a person: the initiator cancels the session. */
const AMOUNT_FOR_A_PERSON = 50_000;

export interface Votes {
  readonly votes: readonly { readonly vote: string }[];
  readonly objections: readonly { readonly severity: string }[];
}

export type Decision = { action: 'approve' | 'step_up' | 'decline'; outcomePositive: boolean; reason: string; authorityScope: string } | { cancel: string };

/** What to commit once the votes are in, or why to cancel instead. */
export function decide({ votes, objections }: Votes, { transactionAmount }: Transaction): Decision {
  if (transactionAmount > AMOUNT_FOR_A_PERSON) return { cancel: `amounts over ${AMOUNT_FOR_A_PERSON} are for a person to decide` };
  const approve = votes.filter(({ vote }) => vote === 'APPROVE').length;
  const reject = votes.filter(({ vote }) => vote === 'REJECT').length;
  const vetoed = objections.some(({ severity }) => severity === 'critical');
  const tally = `${approve} approve, ${reject} reject, ${objections.length} objection(s)`;
  const authorityScope = 'transaction_review';
  if (approve + reject === 0) return { cancel: 'nobody voted' };
  if (vetoed || reject > approve) return { action: 'decline', outcomePositive: false, reason: tally, authorityScope };
  return { action: objections.length > 0 ? 'step_up' : 'approve', outcomePositive: true, reason: tally, authorityScope };
}
