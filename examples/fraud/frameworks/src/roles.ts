import type { Evaluation } from '@macp-agent/core';
import { recommend as complianceOf } from '@macp-agent/example-compliance-agent/decide';
import { flagChargebacks, flagDevice, INSTRUCTIONS as FRAUD, recommend as fraudOf } from '@macp-agent/example-fraud-agent/decide';
import { INSTRUCTIONS as GROWTH, recommend as growthOf } from '@macp-agent/example-growth-agent/decide';
import type { Transaction } from '@macp-agent/template-node/decide';

export interface Role {
  readonly recommend: (transaction: Transaction) => Evaluation;
  /** What a real model is told; used when MACP_MODEL is set. */
  readonly instructions: string;
}

const COMPLIANCE =
  'You check identity and limits. BLOCK a device trust of 0.08 or less, two or more chargebacks, or 3000 or more on an account younger than 7 days; else REVIEW. Raise no objection.';

const ROLES: Readonly<Record<string, Role>> = {
  fraud: { recommend: (transaction) => fraudOf(flagDevice(transaction), flagChargebacks(transaction)), instructions: FRAUD },
  growth: { recommend: growthOf, instructions: GROWTH },
  compliance: { recommend: complianceOf, instructions: COMPLIANCE },
};

/** The rules of the fraud agents, whatever the framework around them. Throws for a role that has none. */
export function roleOf(agent: { readonly bootstrap?: { readonly participant: { readonly role?: string | undefined } } | undefined }): Role {
  const name = agent.bootstrap?.participant.role ?? '';
  const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  if (role === undefined) throw new Error(`No fraud agent has the role "${name}"; use one of ${Object.keys(ROLES).join(', ')} in the scenario.`);
  return role;
}
