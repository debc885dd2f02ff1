import { describe, expect, it } from 'vitest';
import { buildDecisionPolicy, buildHandoffPolicy, buildProposalPolicy, buildQuorumPolicy, buildTaskPolicy } from '../index.js';
import { parsePolicyDescriptor } from './register.js';
import { policyWarnings } from './warnings.js';

describe('policy builders', () => {
  it('write every rule with its default, as JSON text', () => {
    const built = buildDecisionPolicy('policy.fraud', 'text', {
      voting: { algorithm: 'majority', quorum: { type: 'count', value: 2 } },
      commitment: { requireVoteQuorum: true },
    });
    expect(built).toMatchObject({ policyId: 'policy.fraud', mode: 'macp.mode.decision.v1', description: 'text', schemaVersion: 2 });
    expect(JSON.parse(built.rules)).toEqual({
      voting: { algorithm: 'majority', threshold: 0.5, quorum: { type: 'count', value: 2 } },
      objection_handling: { critical_severity_vetoes: false, veto_threshold: 1, critical_objection_action: 'deny' },
      evaluation: { minimum_confidence: 0, required_before_voting: false },
      commitment: { authority: 'initiator_only', designated_roles: [], require_vote_quorum: true, allow_decline_over_approval: false },
    });
  });

  it.each([
    [buildProposalPolicy, 'macp.mode.proposal.v1'],
    [buildTaskPolicy, 'macp.mode.task.v1'],
    [buildHandoffPolicy, 'macp.mode.handoff.v1'],
    [buildQuorumPolicy, 'macp.mode.quorum.v1'],
  ] as const)('%o makes schema version 1 with readable rules and no warnings', (build, mode) => {
    const built = build('policy.x', 'text');
    expect(built).toMatchObject({ mode, schemaVersion: 1 });
    const parsed = parsePolicyDescriptor(built);
    expect(parsed.ok && policyWarnings(parsed.policy)).toEqual([]);
    // Rule objects are closed: this is a rule of the decision mode.
    expect(built.rules).not.toContain('require_vote_quorum');
  });

  it('write no threshold for the one of the request, which newer runtimes ask for', () => {
    expect(JSON.parse(buildQuorumPolicy('policy.x', '').rules)).not.toHaveProperty('threshold');
    expect(JSON.parse(buildQuorumPolicy('policy.x', '', { threshold: { value: 2 } }).rules)).toMatchObject({ threshold: { type: 'n_of_m', value: 2 } });
  });

  it('refuse rules out of bounds', () => {
    expect(() => buildQuorumPolicy('policy.x', '', { threshold: { type: 'percentage', value: 60.5 } })).toThrow(
      expect.objectContaining({ code: 'INVALID_POLICY_DEFINITION' }),
    );
    expect(() => buildDecisionPolicy('policy.x', '', { voting: { algorithm: 'supermajority' } })).toThrow(/over 0.5/);
  });
});
