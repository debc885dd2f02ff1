import { describe, expect, it } from 'vitest';
import { MODE_HANDOFF } from '../modes/handoff/id.js';
import { MODE_PROPOSAL } from '../modes/proposal/id.js';
import { commitment, play, policy, START_MS, type Setup } from '../modes/play.test.support.js';
import { preflightCommitment } from './preflight.js';

const negotiation: Setup = { mode: MODE_PROPOSAL, initiator: 'buyer', participants: ['buyer', 'seller'] };
const agreed = () =>
  play(negotiation, [
    ['seller', 'Proposal', { proposalId: 'p1' }, 'ok'],
    ['buyer', 'Accept', { proposalId: 'p1' }, 'ok'],
  ]);
const code = (verdict: ReturnType<typeof preflightCommitment>) => (verdict.accepted ? 'ok' : verdict.code);

describe('preflight of a commitment', () => {
  it('judges a fold without a policy by the policy that was fetched', () => {
    const counterparty = policy(MODE_PROPOSAL, { acceptance: { criterion: 'counterparty' } });
    const wanted = commitment('proposal.accepted', true);
    expect(code(preflightCommitment(agreed(), undefined, 'buyer', wanted))).toBe('INVALID_ENVELOPE');
    // The binding echo is judged against the bound id, which a policy of another session does not change.
    expect(code(preflightCommitment(agreed(), counterparty, 'buyer', wanted))).toBe('ok');
  });

  it('refuses who may not commit, and a session that is not open', () => {
    const anyone = policy(MODE_PROPOSAL, { commitment: { authority: 'any_participant' }, acceptance: { criterion: 'counterparty' } });
    const wanted = commitment('proposal.accepted', true);
    expect(code(preflightCommitment(agreed(), undefined, 'seller', wanted))).toBe('FORBIDDEN');
    expect(code(preflightCommitment(agreed(), anyone, 'seller', wanted))).toBe('ok');
    expect(code(preflightCommitment({ ...agreed(), state: 'SUSPENDED' }, undefined, 'buyer', wanted))).toBe('SESSION_NOT_OPEN');
  });

  it('passes what it cannot judge', () => {
    expect(code(preflightCommitment({ ...agreed(), mode: undefined }, undefined, 'x', {}))).toBe('ok');
  });

  it('counts a pending offer as accepted when the commitment comes late enough', () => {
    const view = play({ mode: MODE_HANDOFF, initiator: 'owner', participants: ['owner', 't1'] }, [
      ['owner', 'HandoffOffer', { handoffId: 'h1', targetParticipant: 't1' }, 'ok'],
    ]);
    const timeout = policy(MODE_HANDOFF, { acceptance: { implicit_accept_timeout_ms: 5000 } }, 1);
    const wanted = commitment('handoff.accepted', true);
    expect(code(preflightCommitment(view, timeout, 'owner', wanted, { atUnixMs: START_MS + 4999 }))).toBe('INVALID_ENVELOPE');
    expect(code(preflightCommitment(view, timeout, 'owner', wanted))).toBe('ok');
    expect(code(preflightCommitment(view, undefined, 'owner', wanted))).toBe('INVALID_ENVELOPE');
  });
});
