import {
  buildDecisionPolicy,
  buildHandoffPolicy,
  buildProposalPolicy,
  buildQuorumPolicy,
  buildTaskPolicy,
  DecisionSession,
  type MacpClient,
} from '@macp-agent/core';
import { MODE_DECISION } from '@macp-agent/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAUD_POLICIES, registerPolicies } from './policies.js';
import { RuntimeProcess, RUNTIMES } from './runtimes.js';

const START = { intent: 'govern', participants: ['lead', 'ann', 'bob'], ttlMs: 60_000 };
const COMMITMENT = { action: 'go', authorityScope: 'team', reason: 'done' };
const GOOD = { policyId: 'policy.new', mode: MODE_DECISION, description: 'new', rules: '{}', schemaVersion: 1 };

describe.each(RUNTIMES)('policies of $name', (kind) => {
  let runtime: RuntimeProcess;
  let clients: Record<'lead' | 'ann' | 'bob', MacpClient>;

  beforeAll(async () => {
    runtime = await RuntimeProcess.start(kind);
    const [lead, ann, bob] = await Promise.all([runtime.client('lead'), runtime.client('ann'), runtime.client('bob')]);
    clients = { lead, ann, bob };
    await registerPolicies(lead);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  async function started(policyVersion: string): Promise<Record<'lead' | 'ann' | 'bob', DecisionSession>> {
    const lead = new DecisionSession(clients.lead, { policyVersion });
    await lead.start(START);
    await lead.propose({ proposalId: 'p1', option: 'a' });
    const { sessionId } = lead;
    return { lead, ann: new DecisionSession(clients.ann, { sessionId }), bob: new DecisionSession(clients.bob, { sessionId }) };
  }

  it('include those of the fraud pack', async () => {
    const listed = (await clients.lead.listPolicies(MODE_DECISION)).map(({ policyId }) => policyId);
    expect(listed).toEqual(expect.arrayContaining(['policy.default', ...FRAUD_POLICIES.map(({ policyId }) => policyId)]));
    for (const { policyId, rules, schemaVersion } of FRAUD_POLICIES) {
      const got = await clients.ann.getPolicy(policyId);
      expect({ rules: JSON.parse(got.rules) as unknown, schemaVersion: got.schemaVersion }).toEqual({ rules: JSON.parse(rules) as unknown, schemaVersion });
    }
  });

  it.each([
    buildDecisionPolicy('policy.built.decision', 'with every default'),
    buildHandoffPolicy('policy.built.handoff', 'with every default'),
    buildProposalPolicy('policy.built.proposal', 'with every default'),
    buildQuorumPolicy('policy.built.quorum', 'with every default'),
    buildQuorumPolicy('policy.built.quorum.2', 'with a threshold', { threshold: { type: 'n_of_m', value: 2 } }),
    buildTaskPolicy('policy.built.task', 'with every default'),
  ])('register as the builder of $mode makes $policyId', async (built) => {
    expect(await clients.lead.registerPolicy(built)).toEqual({ ok: true, error: '' });
    expect((await clients.ann.getPolicy(built.policyId)).mode).toBe(built.mode);
  });

  it('are unknown, or for another mode', async () => {
    const start = (policyVersion: string): Promise<unknown> => new DecisionSession(clients.lead, { policyVersion }).start(START);
    await expect(start('policy.nowhere')).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
    await expect(start('policy.counterparty')).rejects.toMatchObject({ code: 'INVALID_POLICY_DEFINITION' });
    await expect(clients.lead.getPolicy('policy.nowhere')).rejects.toMatchObject({ grpcStatus: 'NOT_FOUND' });
  });

  it('deny a commitment with reasons, and leave the session open', async () => {
    const { lead, ann, bob } = await started('policy.majority');
    const refused = await lead.commit(COMMITMENT).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'POLICY_DENIED' });
    expect(refused).toMatchObject({ failure: { reasons: [expect.any(String)] } });
    await ann.vote({ proposalId: 'p1', vote: 'REJECT', reason: 'no' });
    await bob.vote({ proposalId: 'p1', vote: 'REJECT', reason: 'no' });
    await expect(lead.commit(COMMITMENT)).rejects.toMatchObject({ code: 'POLICY_DENIED' });
    expect(await lead.commit({ ...COMMITMENT, action: 'stop', outcomePositive: false })).toMatchObject({ ok: true, sessionState: 'SESSION_STATE_RESOLVED' });
    expect((await ann.metadata()).metadata.policyVersion).toBe('policy.majority');
  });

  it('pass a tie, as both runtimes read majority', async () => {
    const { lead, ann, bob } = await started('policy.majority');
    await ann.vote({ proposalId: 'p1', vote: 'APPROVE', reason: 'yes' });
    await bob.vote({ proposalId: 'p1', vote: 'REJECT', reason: 'no' });
    expect(await lead.commit(COMMITMENT)).toMatchObject({ ok: true });
  });

  it('are immutable once registered, and stay bound when they are removed', async () => {
    expect(await clients.lead.registerPolicy(GOOD)).toMatchObject({ ok: true });
    expect(await clients.lead.registerPolicy(GOOD)).toMatchObject({ ok: false });
    const { lead } = await started(GOOD.policyId);
    expect(await clients.lead.unregisterPolicy(GOOD.policyId)).toMatchObject({ ok: true });
    expect(await clients.lead.unregisterPolicy(GOOD.policyId)).toMatchObject({ ok: false });
    await expect(new DecisionSession(clients.lead, { policyVersion: GOOD.policyId }).start(START)).rejects.toMatchObject({ code: 'UNKNOWN_POLICY_VERSION' });
    expect(await lead.commit(COMMITMENT)).toMatchObject({ ok: true });
  });

  it.each([
    ['the reserved id', { policyId: 'policy.default' }],
    ['no id', { policyId: ' ' }],
    ['no schema version', { schemaVersion: 0 }],
    ['rules that are no object', { rules: '[]' }],
    ['a rule of the wrong type', { rules: '{"voting":{"threshold":"half"}}' }],
    ['weights that are missing', { rules: '{"voting":{"algorithm":"weighted"}}' }],
    ['a supermajority of half', { rules: '{"voting":{"algorithm":"supermajority","threshold":0.5}}' }],
    ['roles that are missing', { rules: '{"commitment":{"authority":"designated_role"}}' }],
    ['an unknown critical_objection_action', { rules: '{"objection_handling":{"critical_objection_action":"shout"}}' }],
  ])('are refused with %s', async (_what, change) => {
    expect(await clients.lead.registerPolicy({ ...GOOD, policyId: 'policy.bad', ...change })).toMatchObject({ ok: false });
  });
});
