import type { Evaluation } from '@macp-agent/core';
import type { Transaction } from '@macp-agent/template-langgraph/decide';

export type DeviceFlag = 'critical' | 'low' | 'none';
export type ChargebackFlag = 'high' | 'moderate' | 'none';

/** Below 0.08 the device counts as bad; exactly 0.08 is only low. */
export function flagDevice({ deviceTrustScore }: Pick<Transaction, 'deviceTrustScore'>): DeviceFlag {
  if (deviceTrustScore < 0.08) return 'critical';
  return deviceTrustScore < 0.2 ? 'low' : 'none';
}

export function flagChargebacks({ priorChargebacks }: Pick<Transaction, 'priorChargebacks'>): ChargebackFlag {
  if (priorChargebacks >= 2) return 'high';
  return priorChargebacks >= 1 ? 'moderate' : 'none';
}

/** First matching rule: a critical or high flag blocks, any other flag asks for a review. */
export function recommend(device: DeviceFlag, chargebacks: ChargebackFlag): Evaluation {
  const reason = `device trust flag: ${device}; chargeback flag: ${chargebacks}`;
  if (device === 'critical' || chargebacks === 'high') return { recommendation: 'BLOCK', confidence: 0.94, reason };
  if (device === 'low' || chargebacks === 'moderate') return { recommendation: 'REVIEW', confidence: 0.84, reason };
  return { recommendation: 'APPROVE', confidence: 0.72, reason };
}

/** What a real model is told; used when MACP_MODEL is set. */
export const INSTRUCTIONS =
  'You are the fraud analyst of a payment review. BLOCK on a critical device flag or a high chargeback flag, REVIEW on any other flag, else APPROVE. Raise no objection.';
