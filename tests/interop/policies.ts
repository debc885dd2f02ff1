import { readdirSync, readFileSync } from 'node:fs';
import type { MacpClient } from '@macp-agent/core';
import { MODE_DECISION, MODE_HANDOFF, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from '@macp-agent/protocol';

interface PolicyFile {
  readonly policy_id: string;
  readonly mode: string;
  readonly description: string;
  readonly rules: object;
  readonly schema_version: number;
}

const folder = new URL('../../examples/fraud/policies/', import.meta.url);

/** The policies of the fraud pack, as they are registered. */
export const FRAUD_POLICIES = readdirSync(folder)
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as PolicyFile)
  .filter(({ policy_id: policyId }) => policyId !== 'policy.default')
  .map((file) => policy(file.policy_id, file.mode, file.rules, file.schema_version));

/** Policies that use every rule there is, by mode. */
export const POLICIES = [
  ...FRAUD_POLICIES,
  policy('policy.any', '*', { commitment: { authority: 'any_participant' } }),
  policy('policy.roles', '*', { commitment: { authority: 'designated_role', designated_roles: ['ann', 'out'] } }),
  policy('policy.majority', MODE_DECISION, { voting: { algorithm: 'majority' }, commitment: { require_vote_quorum: true } }),
  policy('policy.plurality', MODE_DECISION, {
    voting: { algorithm: 'plurality', quorum: { type: 'percentage', value: 60 } },
    commitment: { require_vote_quorum: true },
  }),
  policy('policy.unanimity', MODE_DECISION, { voting: { algorithm: 'unanimous' } }),
  policy('policy.super', MODE_DECISION, { voting: { algorithm: 'supermajority', threshold: 0.67, quorum: { type: 'count', value: 2 } } }),
  policy('policy.weights', MODE_DECISION, { voting: { algorithm: 'weighted', threshold: 0.6, weights: { ann: 3, bob: 1 } } }),
  policy('policy.veto', MODE_DECISION, { objection_handling: { critical_severity_vetoes: true, veto_threshold: 2 } }),
  policy(
    'policy.finalize',
    MODE_DECISION,
    { objection_handling: { critical_severity_vetoes: true, critical_objection_action: 'finalize_decline' }, voting: { algorithm: 'majority' } },
    2,
  ),
  policy('policy.overrule', MODE_DECISION, { voting: { algorithm: 'majority' }, commitment: { allow_decline_over_approval: true } }, 2),
  policy('policy.confident', MODE_DECISION, { evaluation: { minimum_confidence: 0.7, required_before_voting: true } }),
  policy('policy.counterparty', MODE_PROPOSAL, { acceptance: { criterion: 'counterparty' }, counter_proposal: { max_rounds: 1 } }),
  policy('policy.by-initiator', MODE_PROPOSAL, { acceptance: { criterion: 'initiator' }, rejection: { terminal_on_any_reject: true } }),
  policy('policy.reassign', MODE_TASK, { assignment: { allow_reassignment_on_reject: true }, completion: { require_output: true } }),
  policy('policy.implicit', MODE_HANDOFF, { acceptance: { implicit_accept_timeout_ms: 3_600_000 } }),
  policy('policy.two-of', MODE_QUORUM, { threshold: { type: 'n_of_m', value: 2 } }),
  policy('policy.percent', MODE_QUORUM, { threshold: { type: 'percentage', value: 60 } }),
];

function policy(policyId: string, mode: string, rules: object, schemaVersion = 1) {
  return { policyId, mode, description: policyId, rules: JSON.stringify(rules), schemaVersion };
}

export async function registerPolicies(client: MacpClient): Promise<void> {
  for (const one of POLICIES) {
    const { ok, error } = await client.registerPolicy(one);
    if (!ok) throw new Error(`${one.policyId} was refused: ${error}`);
  }
}
