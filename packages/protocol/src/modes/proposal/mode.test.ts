import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODE_PROPOSAL } from './id.js';
import { commitment, example, play, policy, type Setup } from '../play.test.support.js';
import { randomId, randomSessions } from '../random-sessions.test.support.js';

const setup: Setup = { mode: MODE_PROPOSAL, initiator: 'buyer', participants: ['buyer', 'seller'] };
const id = (proposalId: string) => ({ proposalId });
const counter = (proposalId: string, supersedesProposalId: string) => ({ proposalId, supersedesProposalId });

describe('worked examples of the proposal mode', () => {
  example('P1: a counter-proposal that both accept', setup, [
    ['seller', 'Proposal', id('p1'), 'ok'],
    ['buyer', 'CounterProposal', counter('p2', 'p1'), 'ok'],
    ['seller', 'Accept', id('p2'), 'ok'],
    ['buyer', 'Commitment', commitment('proposal.accepted', true), 'INVALID_ENVELOPE'],
    ['buyer', 'Accept', id('p2'), 'ok'],
    ['buyer', 'Commitment', commitment('proposal.accepted', true), 'ok'],
  ]);

  example('P2: withdrawal by the author only, and references that must hold', setup, [
    ['seller', 'Accept', id('p1'), 'INVALID_ENVELOPE'],
    ['seller', 'Proposal', id('p1'), 'ok'],
    ['buyer', 'Withdraw', id('p1'), 'FORBIDDEN'],
    ['buyer', 'Accept', id('p1'), 'ok'],
    ['seller', 'Withdraw', id('p1'), 'ok'],
    ['buyer', 'Accept', id('p1'), 'INVALID_ENVELOPE'],
    ['seller', 'Withdraw', id('p1'), 'INVALID_ENVELOPE'],
    ['buyer', 'CounterProposal', counter('p2', ''), 'INVALID_ENVELOPE'],
    ['buyer', 'CounterProposal', counter('p2', 'p1'), 'ok'],
  ]);

  example('P3: only a terminal rejection ends the negotiation', setup, [
    ['seller', 'Proposal', id('p1'), 'ok'],
    ['buyer', 'Reject', { proposalId: 'p1', terminal: false }, 'ok'],
    ['buyer', 'Commitment', commitment('proposal.rejected', false), 'INVALID_ENVELOPE'],
    ['buyer', 'Reject', { proposalId: 'p1', terminal: true }, 'ok'],
    ['seller', 'Commitment', commitment('proposal.rejected', false), 'FORBIDDEN'],
    ['buyer', 'Commitment', commitment('proposal.rejected', false), 'ok'],
  ]);

  const limited = policy(MODE_PROPOSAL, { counter_proposal: { max_rounds: 1 }, acceptance: { criterion: 'counterparty' } });
  example('P4: a round limit, and the counterparty alone agrees', { ...setup, policy: limited }, [
    ['seller', 'Proposal', id('p1'), 'ok'],
    ['buyer', 'CounterProposal', counter('p2', 'p1'), 'ok'],
    ['seller', 'CounterProposal', counter('p3', 'p2'), 'INVALID_ENVELOPE'],
    ['seller', 'Accept', id('p2'), 'ok'],
    ['buyer', 'Commitment', commitment('proposal.accepted', true), 'ok'],
  ]);
});

describe('proposal mode', () => {
  it('drops accepts and terminal rejections with a withdrawn proposal', () => {
    const view = play(setup, [
      ['seller', 'Proposal', id('p1'), 'ok'],
      ['buyer', 'Accept', id('p1'), 'ok'],
      ['buyer', 'Reject', { proposalId: 'p1', terminal: true }, 'ok'],
      ['seller', 'Withdraw', id('p1'), 'ok'],
      ['buyer', 'Commitment', commitment('proposal.rejected', false), 'INVALID_ENVELOPE'],
    ]);
    expect(view.modeState).toMatchObject({ phase: 'Negotiating', accepts: new Map() });
  });

  example(
    'takes any rejection as terminal when the policy says so',
    { ...setup, policy: policy(MODE_PROPOSAL, { rejection: { terminal_on_any_reject: true } }) },
    [
      ['seller', 'Proposal', id('p1'), 'ok'],
      ['buyer', 'Reject', id('p1'), 'ok'],
      ['buyer', 'Commitment', commitment('proposal.rejected', false), 'ok'],
    ],
  );

  example('needs only the initiator when the policy says so', { ...setup, policy: policy(MODE_PROPOSAL, { acceptance: { criterion: 'initiator' } }) }, [
    ['seller', 'Proposal', id('p1'), 'ok'],
    ['seller', 'Accept', id('p1'), 'ok'],
    ['buyer', 'Commitment', commitment('proposal.accepted', true), 'INVALID_ENVELOPE'],
    ['buyer', 'Accept', id('p1'), 'ok'],
    ['buyer', 'Commitment', commitment('proposal.accepted', true), 'ok'],
  ]);

  example('refuses unknown types from participants and forbids outsiders', setup, [
    ['buyer', 'Vote', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['x', 'Vote', Buffer.alloc(0), 'FORBIDDEN'],
    ['x', 'Proposal', id('p1'), 'FORBIDDEN'],
    ['buyer', 'Proposal', id(' '), 'INVALID_ENVELOPE'],
  ]);
});

randomSessions(
  MODE_PROPOSAL,
  fc.oneof(
    fc.record({ proposalId: randomId }).map((payload) => ['Proposal', payload] as const),
    fc.record({ proposalId: fc.constantFrom('3', '4'), supersedesProposalId: randomId }).map((payload) => ['CounterProposal', payload] as const),
    fc.tuple(fc.constantFrom('Accept', 'Withdraw'), fc.record({ proposalId: randomId })),
    fc.record({ proposalId: randomId, terminal: fc.boolean() }).map((payload) => ['Reject', payload] as const),
  ),
);
