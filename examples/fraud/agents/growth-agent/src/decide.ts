import type { Evaluation } from '@macp-agent/core';
import type { Transaction } from '@macp-agent/template-langchain/decide';

/** First matching rule: keep a VIP of a week with an ordinary amount; look again at large amounts and very young accounts. */
export function recommend({
  isVipCustomer,
  accountAgeDays,
  transactionAmount,
}: Pick<Transaction, 'isVipCustomer' | 'accountAgeDays' | 'transactionAmount'>): Evaluation {
  if (isVipCustomer && accountAgeDays >= 7 && transactionAmount <= 5000) {
    return { recommendation: 'APPROVE', confidence: 0.88, reason: `VIP customer for ${accountAgeDays} days, amount ${transactionAmount} within 5000` };
  }
  if (transactionAmount > 5000) return { recommendation: 'REVIEW', confidence: 0.73, reason: `amount ${transactionAmount} over 5000` };
  if (accountAgeDays < 3) return { recommendation: 'REVIEW', confidence: 0.73, reason: `account of ${accountAgeDays} days, younger than 3` };
  return { recommendation: 'APPROVE', confidence: 0.78, reason: `ordinary customer, account of ${accountAgeDays} days, amount ${transactionAmount}` };
}

/** Who the customer is to the business: what the tool of the same name returns. */
export function customerProfile({ isVipCustomer, accountAgeDays }: Pick<Transaction, 'isVipCustomer' | 'accountAgeDays'>): {
  tier: 'vip' | 'standard';
  accountAge: 'new' | 'young' | 'settled';
} {
  const accountAge = accountAgeDays < 3 ? 'new' : accountAgeDays < 7 ? 'young' : 'settled';
  return { tier: isVipCustomer ? 'vip' : 'standard', accountAge };
}

/** How the amount compares with an ordinary purchase: what the tool of the same name returns. */
export function amountBand({ transactionAmount }: Pick<Transaction, 'transactionAmount'>): 'ordinary' | 'large' {
  return transactionAmount <= 5000 ? 'ordinary' : 'large';
}

/** What a real model is told; used when MACP_MODEL is set. */
export const INSTRUCTIONS =
  'You speak for customer growth in a payment review. APPROVE settled VIP customers with ordinary amounts and other customers with ordinary amounts; REVIEW large amounts and new accounts. Raise no objection.';
