import { describe, expect, it } from 'vitest';
import { MODE_DECISION } from '../modes/decision/id.js';
import { MODE_HANDOFF } from '../modes/handoff/id.js';
import { MODE_PROPOSAL } from '../modes/proposal/id.js';
import { MODE_QUORUM } from '../modes/quorum/id.js';
import { MODE_TASK } from '../modes/task/id.js';
import { policy } from '../modes/play.test.support.js';
import { DEFAULT_POLICY, toPolicyDescriptor } from './definition.js';
import { checkPolicyDefinition, parsePolicyDescriptor } from './register.js';
import { policyWarnings } from './warnings.js';

const refused: readonly (readonly [mode: string, rules: Record<string, unknown>, text: string])[] = [
  [MODE_DECISION, { voting: [] }, 'voting must be an object'],
  [MODE_DECISION, { voting: { algorithm: 'lottery' } }, 'voting.algorithm must be one of'],
  [MODE_DECISION, { voting: { threshold: 1.1 } }, 'voting.threshold must be between 0 and 1'],
  [MODE_DECISION, { voting: { algorithm: 'weighted' } }, 'voting.weights must be an object that names voters'],
  [MODE_DECISION, { voting: { algorithm: 'weighted', weights: { a: -1 } } }, 'voting.weights.a must be at least 0'],
  [MODE_DECISION, { voting: { algorithm: 'supermajority' } }, 'voting.threshold must be over 0.5'],
  [MODE_DECISION, { voting: { quorum: { type: 'n_of_m' } } }, 'voting.quorum.type must be one of count, percentage'],
  [MODE_DECISION, { voting: { quorum: { value: -1 } } }, 'voting.quorum.value must be at least 0'],
  [MODE_DECISION, { voting: { quorum: { type: 'percentage', value: 101 } } }, 'voting.quorum.value must be between 0 and 100'],
  [MODE_DECISION, { objection_handling: { veto_threshold: 0 } }, 'objection_handling.veto_threshold must be at least 1'],
  [MODE_DECISION, { objection_handling: { veto_threshold: 1.5 } }, 'objection_handling.veto_threshold must be a non-negative integer'],
  [MODE_DECISION, { objection_handling: { critical_objection_action: 'veto' } }, 'objection_handling.critical_objection_action must be one of'],
  [MODE_DECISION, { evaluation: { minimum_confidence: 2 } }, 'evaluation.minimum_confidence must be between 0 and 1'],
  ['*', { voting: { threshold: '0.5' } }, 'voting.threshold must be a number'],
  [MODE_PROPOSAL, { acceptance: { criterion: 'anyone' } }, 'acceptance.criterion must be one of'],
  [MODE_PROPOSAL, { counter_proposal: { max_rounds: -1 } }, 'counter_proposal.max_rounds must be a non-negative integer'],
  [MODE_PROPOSAL, { rejection: { terminal_on_any_reject: 'yes' } }, 'rejection.terminal_on_any_reject must be a boolean'],
  [MODE_TASK, { assignment: { allow_reassignment_on_reject: 1 } }, 'assignment.allow_reassignment_on_reject must be a boolean'],
  [MODE_HANDOFF, { acceptance: { implicit_accept_timeout_ms: 0.5 } }, 'acceptance.implicit_accept_timeout_ms must be a non-negative integer'],
  [MODE_QUORUM, { threshold: { type: 'all' } }, 'threshold.type must be one of'],
  [MODE_QUORUM, { threshold: { type: 'percentage', value: 60.5 } }, 'threshold.value must be an integer, between 0 and 100'],
  [MODE_QUORUM, { abstention: { interpretation: 'no' } }, 'abstention.interpretation must be one of'],
  [MODE_TASK, { commitment: { authority: 'designated_roles' } }, 'commitment.authority must be one of'],
  [MODE_TASK, { commitment: { authority: 'designated_role' } }, 'commitment.designated_roles must be a list of senders'],
  ['ext.multi_round.v1', { commitment: { authority: 'designated_role' } }, 'commitment.designated_roles must be a list of senders'],
];

describe('registering a policy', () => {
  it.each(refused)('refuses rules of %s: %j', (mode, rules, text) => {
    const verdict = checkPolicyDefinition(policy(mode, rules));
    expect(verdict).toMatchObject({ accepted: false, code: 'INVALID_POLICY_DEFINITION', message: expect.stringContaining(text) });
  });

  it('refuses a blank id, the reserved id and unknown schema versions', () => {
    expect(checkPolicyDefinition({ ...policy('*', {}), policyId: ' ' }).accepted).toBe(false);
    expect(checkPolicyDefinition(DEFAULT_POLICY).accepted).toBe(false);
    expect(checkPolicyDefinition(policy('*', {}, 0)).accepted).toBe(false);
    expect(checkPolicyDefinition(policy('*', {}, 3)).accepted).toBe(false);
  });

  it('ignores members it does not know, and accepts every object for other modes', () => {
    expect(checkPolicyDefinition(policy(MODE_TASK, { audit: { level: 'info' }, voting: 7 })).accepted).toBe(true);
    expect(checkPolicyDefinition(policy('ext.other.v1', { commitment: 7 })).accepted).toBe(true);
  });

  it('refuses rules that are not a JSON object, and reads empty text as no rules', () => {
    const descriptor = toPolicyDescriptor(policy('*', {}));
    for (const rules of ['{', '[]', 'null', '7']) expect(parsePolicyDescriptor({ ...descriptor, rules }).ok).toBe(false);
    expect(parsePolicyDescriptor({ ...descriptor, rules: ' ' })).toMatchObject({ ok: true, policy: { rules: {} } });
    expect(parsePolicyDescriptor(toPolicyDescriptor(policy('*', { voting: { threshold: 0.6 } })))).toMatchObject({
      ok: true,
      policy: { rules: { voting: { threshold: 0.6 } } },
    });
  });
});

describe('warnings about a policy', () => {
  it('tells which rules do not do what they say', () => {
    const fraction = policy(
      MODE_DECISION,
      {
        voting: { algorithm: 'majority', quorum: { type: 'percentage', value: 0.6 } },
        evaluation: { minimum_confidence: 0.5 },
        commitment: { allow_decline_over_approval: true },
      },
      1,
    );
    expect(policyWarnings(fraction)).toHaveLength(5);
    expect(policyWarnings(policy(MODE_QUORUM, { threshold: { type: 'weighted' }, abstention: { interpretation: 'ignored' } }))).toHaveLength(2);
    expect(policyWarnings(policy(MODE_QUORUM, { threshold: 7 }))).toEqual([]);
    expect(policyWarnings(policy(MODE_TASK, {}))).toEqual([]);
  });
});
