import { MODE_DECISION, type DecisionState, type Envelope } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { buildEnvelope, buildSessionStartPayload } from '../envelope.js';
import { newSessionId } from '../ids.js';
import { SessionFold } from './session-fold.js';

const sessionId = newSessionId();
const envelope = (messageType: string, payload: object, sender = 'coord'): Envelope =>
  buildEnvelope({ mode: MODE_DECISION, messageType, sessionId, payload, sender });
const start = envelope('SessionStart', buildSessionStartPayload({ intent: 'x', participants: ['coord', 'a'], ttlMs: 60_000 }));
const proposal = envelope('Proposal', { proposalId: 'p1', option: 'ship' });
const vote = envelope('Vote', { proposalId: 'p1', vote: 'APPROVE' });

const stateOf = (fold: SessionFold): DecisionState | undefined => fold.view?.modeState as DecisionState | undefined;
const votes = (fold: SessionFold): number => stateOf(fold)?.votes.get('p1')?.size ?? 0;

describe('the view of a session', () => {
  it('is unknown until the start is', () => {
    const fold = new SessionFold();
    fold.acknowledged(vote, 1);
    expect(fold.view).toBeUndefined();
  });

  it('counts a message once, whether its Ack or its echo comes first', () => {
    const fold = new SessionFold();
    fold.acknowledged(start, 1);
    fold.acknowledged(proposal, 2);
    fold.acknowledged(vote, 3);
    expect([fold.view?.ordinal, votes(fold)]).toEqual([3, 1]);
    for (const [index, one] of [start, proposal, vote].entries()) fold.delivered(one, index + 1);
    expect([fold.view?.ordinal, votes(fold)]).toEqual([3, 1]);
  });

  it('does not count an Ack that its own echo has overtaken', () => {
    const fold = new SessionFold();
    fold.delivered(start, 1);
    fold.delivered(proposal, 2);
    fold.acknowledged(proposal, 5);
    expect(fold.view?.ordinal).toBe(2);
  });

  it('keeps the order of the history when an own message is acknowledged ahead of it', () => {
    const fold = new SessionFold();
    fold.delivered(start, 1);
    fold.acknowledged(vote, 5);
    fold.delivered(proposal, 2);
    expect(stateOf(fold)?.phase).toBe('Voting');
    fold.delivered(vote, 3);
    expect(fold.view?.ordinal).toBe(3);
  });

  it('takes each ordinal once from several streams of one session', () => {
    const fold = new SessionFold();
    for (const one of [1, 2]) {
      fold.delivered(start, 1);
      fold.delivered(proposal, 2);
      expect([one, fold.view?.ordinal]).toEqual([one, 2]);
    }
  });

  it('keeps a bounded number of own messages apart, and begins again when a stream brings the history', () => {
    const fold = new SessionFold();
    const evaluations = Array.from({ length: 400 }, () => envelope('Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 1 }));
    for (const one of [start, proposal, ...evaluations]) fold.acknowledged(one, 1);
    expect(fold.view?.ordinal).toBe(402);
    for (const [index, one] of [start, proposal, ...evaluations].entries()) fold.delivered(one, index + 1);
    expect(fold.view?.ordinal).toBe(402);
    expect(stateOf(fold)?.evaluations).toHaveLength(400);
  });

  it('shows suspension, resumption and the end that no envelope carries', () => {
    const fold = new SessionFold();
    fold.delivered(start, 1);
    for (const state of ['SUSPENDED', 'OPEN', 'CANCELLED'] as const) {
      fold.lifecycle({ sessionId, state, previous: undefined, observedAtUnixMs: 9 });
      expect(fold.view?.state).toBe(state);
    }
  });
});
