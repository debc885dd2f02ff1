import * as fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { MODE_DECISION } from './id.js';
import { commitment, example, play, policy, type Row, type Setup } from '../play.test.support.js';
import { randomId, randomSessions } from '../random-sessions.test.support.js';

const three: Setup = { mode: MODE_DECISION, initiator: 'coord', participants: ['coord', 'a', 'b'] };
const four: Setup = { ...three, participants: ['coord', 'a', 'b', 'c'] };
const p1 = { proposalId: 'p1', option: 'deploy' };
const vote = (value: string) => ({ proposalId: 'p1', vote: value });

describe('worked examples of the decision mode', () => {
  example('D1: one proposal is enough under the default policy', three, [
    ['coord', 'Proposal', p1, 'ok'],
    ['a', 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9 }, 'ok'],
    ['b', 'Vote', vote('APPROVE'), 'ok'],
    ['coord', 'Commitment', commitment('decision.selected', true), 'ok'],
    ['a', 'Vote', vote('APPROVE'), 'SESSION_NOT_OPEN'],
  ]);

  example('D2: refuses outsiders, wrong phases, wrong values and wrong echoes', three, [
    ['x', 'Proposal', p1, 'FORBIDDEN'],
    ['a', 'Vote', vote('APPROVE'), 'INVALID_ENVELOPE'],
    ['a', 'Proposal', p1, 'ok'],
    ['b', 'Proposal', { proposalId: 'p1', option: 'B' }, 'INVALID_ENVELOPE'],
    ['a', 'Vote', vote('yes'), 'INVALID_ENVELOPE'],
    ['a', 'Vote', vote('approve'), 'ok'],
    ['a', 'Vote', vote('REJECT'), 'INVALID_ENVELOPE'],
    ['b', 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.5 }, 'INVALID_ENVELOPE'],
    ['b', 'Proposal', { proposalId: 'p2', option: 'B' }, 'INVALID_ENVELOPE'],
    ['b', 'Commitment', commitment('decision.selected', true), 'FORBIDDEN'],
    ['coord', 'Commitment', commitment('decision.rejected', true), 'INVALID_ENVELOPE'],
    ['coord', 'Commitment', commitment('decision.rejected', false, { modeVersion: '2.0.0' }), 'INVALID_ENVELOPE'],
    ['coord', 'Commitment', commitment('decision.rejected', false), 'ok'],
  ]);

  example('D3: a majority lets a tie pass and guards the decline', { ...four, policy: policy(MODE_DECISION, { voting: { algorithm: 'majority' } }) }, [
    ['coord', 'Proposal', p1, 'ok'],
    ['coord', 'Commitment', commitment('decision.rejected', false), 'POLICY_DENIED'],
    ['a', 'Vote', vote('REJECT'), 'ok'],
    ['b', 'Vote', vote('APPROVE'), 'ok'],
    ['coord', 'Commitment', commitment('decision.rejected', false), 'POLICY_DENIED'],
    ['c', 'Vote', vote('REJECT'), 'ok'],
    ['coord', 'Commitment', commitment('decision.selected', true), 'POLICY_DENIED'],
    ['coord', 'Commitment', commitment('decision.rejected', false), 'ok'],
  ]);

  for (const [action, negative] of [
    ['deny', 'POLICY_DENIED'],
    ['hold', 'POLICY_DENIED'],
    ['finalize_decline', 'ok'],
  ] as const) {
    const rules = { objection_handling: { critical_severity_vetoes: true, veto_threshold: 1, critical_objection_action: action } };
    example(`D4: a critical objection with ${action}`, { ...three, policy: policy(MODE_DECISION, rules) }, [
      ['coord', 'Proposal', p1, 'ok'],
      ['b', 'Objection', { proposalId: 'p1', severity: 'critical', reason: 'unsafe' }, 'ok'],
      ['coord', 'Commitment', commitment('decision.selected', true), 'POLICY_DENIED'],
      ['coord', 'Commitment', commitment('decision.rejected', false), negative],
    ]);
  }

  const weighted = {
    voting: { algorithm: 'weighted', threshold: 0.6, weights: { a: 3, b: 1, c: 1 }, quorum: { type: 'percentage', value: 60 } },
    commitment: { require_vote_quorum: true },
  };
  example('D5: weights decide once the turnout is there', { ...four, policy: policy(MODE_DECISION, weighted) }, [
    ['coord', 'Proposal', p1, 'ok'],
    ['a', 'Vote', vote('APPROVE'), 'ok'],
    ['b', 'Vote', vote('REJECT'), 'ok'],
    ['coord', 'Commitment', commitment('decision.selected', true), 'POLICY_DENIED'],
    ['c', 'Vote', vote('REJECT'), 'ok'],
    ['coord', 'Commitment', commitment('decision.selected', true), 'ok'],
  ]);
});

describe('decision mode', () => {
  example('forbids unknown message types', three, [['a', 'Approve', Buffer.alloc(0), 'FORBIDDEN']]);

  example('refuses a confidence that is not a number from 0 to 1, and an unknown proposal', three, [
    ['a', 'Proposal', p1, 'ok'],
    ['a', 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: Number.NaN }, 'INVALID_ENVELOPE'],
    ['a', 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 1.01 }, 'INVALID_ENVELOPE'],
    ['a', 'Evaluation', { proposalId: 'p9', recommendation: 'APPROVE', confidence: 1 }, 'INVALID_ENVELOPE'],
    ['a', 'Objection', { proposalId: 'p1', severity: 'huge' }, 'INVALID_ENVELOPE'],
  ]);

  example('refuses bytes that are not the payload', three, [['a', 'Proposal', Buffer.from('ff', 'hex'), 'INVALID_ENVELOPE']]);

  const incomplete: Row[] = ['commitmentId', 'action', 'authorityScope', 'reason'].map((field) => [
    'coord',
    'Commitment',
    commitment('vendor.select', true, { [field]: ' ' }),
    'INVALID_ENVELOPE',
  ]);
  example('refuses a commitment with a blank field, a foreign policy or an empty reference', three, [
    ['a', 'Proposal', p1, 'ok'],
    ...incomplete,
    ['coord', 'Commitment', commitment('vendor.select', true, { policyVersion: 'policy.other' }), 'INVALID_ENVELOPE'],
    ['coord', 'Commitment', commitment('vendor.select', true, { supersedes: { sessionId: 's', commitmentHash: '' } }), 'INVALID_ENVELOPE'],
    ['coord', 'Commitment', commitment('vendor.select', true, { policyVersion: 'policy.default', supersedes: { sessionId: 's', commitmentHash: 'h' } }), 'ok'],
  ]);

  const roles = policy(MODE_DECISION, { commitment: { authority: 'designated_role', designated_roles: ['b'] } });
  example('lets a designated role commit, and then not the initiator', { ...three, policy: roles }, [
    ['a', 'Proposal', p1, 'ok'],
    ['coord', 'Commitment', commitment('decision.selected', true), 'FORBIDDEN'],
    ['b', 'Commitment', commitment('decision.selected', true), 'ok'],
  ]);

  it('stores what it accepts in canonical case', () => {
    const view = play(three, [
      ['a', 'Proposal', p1, 'ok'],
      ['a', 'Evaluation', { proposalId: 'p1', recommendation: 'block', confidence: 1 }, 'ok'],
      ['a', 'Objection', { proposalId: 'p1', severity: '' }, 'ok'],
      ['a', 'Objection', { proposalId: 'p1', severity: 'CRITICAL' }, 'ok'],
    ]);
    expect(view.modeState).toMatchObject({ evaluations: [{ recommendation: 'BLOCK' }], objections: [{ severity: 'medium' }, { severity: 'critical' }] });
  });
});

randomSessions(
  MODE_DECISION,
  fc.oneof(
    fc.record({ proposalId: randomId, option: fc.constant('x') }).map((payload) => ['Proposal', payload] as const),
    fc
      .record({ proposalId: randomId, recommendation: fc.constantFrom('APPROVE', 'block'), confidence: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map((payload) => ['Evaluation', payload] as const),
    fc.record({ proposalId: randomId, severity: fc.constantFrom('', 'critical') }).map((payload) => ['Objection', payload] as const),
    fc.record({ proposalId: randomId, vote: fc.constantFrom('APPROVE', 'reject', 'ABSTAIN') }).map((payload) => ['Vote', payload] as const),
  ),
  { voting: { algorithm: 'majority' }, objection_handling: { critical_severity_vetoes: true } },
);
