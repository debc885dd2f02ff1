import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODE_QUORUM } from './id.js';
import { commitment, example, play, policy, type Row, type Setup } from '../play.test.support.js';
import { randomSessions } from '../random-sessions.test.support.js';
import { quorumProgress } from './mode.js';
import type { QuorumState } from './state.js';

const setup: Setup = { mode: MODE_QUORUM, initiator: 'coord', participants: ['al', 'bo', 'ca'] };
const request = (requiredApprovals: number, requestId = 'r1') => ({ requestId, requiredApprovals });
const r1 = { requestId: 'r1' };

describe('worked examples of the quorum mode', () => {
  example('Q1: ready once the threshold is met', setup, [
    ['coord', 'ApprovalRequest', request(2), 'ok'],
    ['al', 'Approve', r1, 'ok'],
    ['coord', 'Commitment', commitment('quorum.approved', true), 'INVALID_ENVELOPE'],
    ['coord', 'Approve', r1, 'FORBIDDEN'],
    ['bo', 'Approve', r1, 'ok'],
    ['coord', 'Commitment', commitment('quorum.approved', true), 'ok'],
  ]);

  example('Q2: one request in bounds by the initiator, one ballot each', setup, [
    ['al', 'Approve', r1, 'INVALID_ENVELOPE'],
    ['al', 'ApprovalRequest', request(1), 'FORBIDDEN'],
    ['coord', 'ApprovalRequest', request(0), 'INVALID_ENVELOPE'],
    ['coord', 'ApprovalRequest', request(4), 'INVALID_ENVELOPE'],
    ['coord', 'ApprovalRequest', request(2), 'ok'],
    ['coord', 'ApprovalRequest', request(2, 'r2'), 'INVALID_ENVELOPE'],
    ['al', 'Approve', { requestId: 'r9' }, 'INVALID_ENVELOPE'],
    ['al', 'Approve', r1, 'ok'],
    ['al', 'Reject', r1, 'INVALID_ENVELOPE'],
  ]);

  const outOfReach: Row[] = [
    ['coord', 'ApprovalRequest', request(3), 'ok'],
    ['al', 'Abstain', r1, 'ok'],
  ];
  example('Q3: a threshold out of reach is ready for a negative outcome', setup, [
    ...outOfReach,
    ['coord', 'Commitment', commitment('quorum.rejected', false), 'ok'],
  ]);
  example('Q3: without a policy threshold the polarity is taken as given', setup, [
    ...outOfReach,
    ['coord', 'Commitment', commitment('quorum.approved', true), 'ok'],
  ]);
  example('Q3: a policy threshold denies the positive outcome', { ...setup, policy: policy(MODE_QUORUM, { threshold: { type: 'n_of_m', value: 3 } }) }, [
    ...outOfReach,
    ['coord', 'Commitment', commitment('quorum.approved', true), 'POLICY_DENIED'],
    ['coord', 'Commitment', commitment('quorum.rejected', false), 'ok'],
  ]);

  example(
    'Q4: a percentage of the policy replaces the number of the request',
    { ...setup, policy: policy(MODE_QUORUM, { threshold: { type: 'percentage', value: 60 } }) },
    [
      ['coord', 'ApprovalRequest', request(3), 'ok'],
      ['al', 'Approve', r1, 'ok'],
      ['bo', 'Approve', r1, 'ok'],
      ['coord', 'Commitment', commitment('quorum.approved', true), 'ok'],
    ],
  );
});

describe('quorum mode', () => {
  it('shows how far the ballots are', () => {
    const view = play(setup, [
      ['coord', 'ApprovalRequest', request(2), 'ok'],
      ['al', 'Approve', r1, 'ok'],
      ['bo', 'Reject', r1, 'ok'],
    ]);
    expect(quorumProgress(view.modeState as QuorumState, view.binding)).toEqual({ approvals: 1, required: 2, outstanding: 1, reached: false, ready: false });
  });

  example(
    'truncates a fractional threshold for readiness and rounds it up for the policy',
    { ...setup, policy: policy(MODE_QUORUM, { threshold: { value: 1.5 } }) },
    [
      ['coord', 'ApprovalRequest', request(3), 'ok'],
      ['al', 'Approve', r1, 'ok'],
      ['coord', 'Commitment', commitment('quorum.approved', true), 'POLICY_DENIED'],
      ['bo', 'Approve', r1, 'ok'],
      ['coord', 'Commitment', commitment('quorum.approved', true), 'ok'],
    ],
  );

  example('refuses unknown types, and a commitment before the request', setup, [
    ['al', 'Vote', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['coord', 'Commitment', commitment('quorum.rejected', false), 'INVALID_ENVELOPE'],
    ['coord', 'ApprovalRequest', request(1, ''), 'INVALID_ENVELOPE'],
  ]);
});

randomSessions(
  MODE_QUORUM,
  fc.oneof(
    fc.record({ requestId: fc.constant('1'), requiredApprovals: fc.integer({ min: 1, max: 3 }) }).map((payload) => ['ApprovalRequest', payload] as const),
    fc.tuple(fc.constantFrom('Approve', 'Reject', 'Abstain'), fc.record({ requestId: fc.constant('1') })),
  ),
);
