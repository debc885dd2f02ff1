import type { Evaluation } from '@macp-agent/core';
import type { Transaction } from '@macp-agent/template-node/decide';

/**
 * Compliance objects to a device at or below 0.08, to repeated chargebacks, and to a large amount on a very young account.
 * The objection is a BLOCK evaluation, never an Objection message: it weighs in the vote and cannot trigger the veto alone.
 */
export function recommend({
  deviceTrustScore,
  priorChargebacks,
  transactionAmount,
  accountAgeDays,
}: Omit<Transaction, 'customerId' | 'isVipCustomer'>): Evaluation {
  const objections = [
    ...(deviceTrustScore <= 0.08 ? [`device trust ${deviceTrustScore} at or below 0.08`] : []),
    ...(priorChargebacks >= 2 ? [`${priorChargebacks} prior chargebacks`] : []),
    ...(transactionAmount >= 3000 && accountAgeDays < 7 ? [`amount ${transactionAmount} on an account of ${accountAgeDays} days`] : []),
  ];
  if (objections.length > 0)
    return { recommendation: 'BLOCK', confidence: 0.76, reason: `severity high, so a rejection and no veto (only critical vetoes): ${objections.join('; ')}` };
  return { recommendation: 'REVIEW', confidence: 0.76, reason: 'no compliance objection; manual review as usual' };
}
