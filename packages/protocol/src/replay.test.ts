import { describe, expect, it } from 'vitest';
import { CommitmentPayload, encodePayload, MODE_DECISION, replay, type DecisionState, type Envelope, type SessionRecord } from './index.js';

const at = 1_795_169_700_000;
const envelope = (sender: string, messageType: string, payload: object): Envelope => ({
  macpVersion: '1.0',
  mode: MODE_DECISION,
  messageType,
  messageId: `${sender}-${messageType}`,
  sessionId: '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10',
  sender,
  timestampUnixMs: at,
  payload: encodePayload(MODE_DECISION, messageType, payload) ?? Buffer.alloc(0),
});
const start: SessionRecord = {
  kind: 'start',
  atUnixMs: at,
  envelope: envelope('coord', 'SessionStart', { participants: ['coord', 'a'], modeVersion: '1.0.0', configurationVersion: 'config.default', ttlMs: 60_000 }),
};
const accepted = (sender: string, messageType: string, payload: object): SessionRecord => ({
  kind: 'envelope',
  atUnixMs: at + 1,
  envelope: envelope(sender, messageType, payload),
});

describe('replaying a decision session', () => {
  it('ends resolved with the commitment and every vote', () => {
    const view = replay([
      start,
      accepted('coord', 'Proposal', { proposalId: 'p1', option: 'ship' }),
      accepted('a', 'Vote', { proposalId: 'p1', vote: 'approve' }),
      accepted('coord', 'Commitment', { commitmentId: 'c', action: 'decision.selected', outcomePositive: true }),
    ]);
    expect(view?.state).toBe('RESOLVED');
    expect(view?.ordinal).toBe(4);
    expect(view?.commitment?.outcomePositive).toBe(true);
    const state = view?.modeState as DecisionState | undefined;
    expect(state?.votes.get('p1')?.get('a')?.vote).toBe('APPROVE');
  });

  it('moves the deadline by the time spent suspended', () => {
    const view = replay([
      start,
      { kind: 'suspend', by: 'coord', reason: '', atUnixMs: at + 20_000 },
      { kind: 'resume', by: 'coord', reason: '', atUnixMs: at + 50_000 },
    ]);
    expect(view?.deadlineUnixMs).toBe(at + 90_000);
    expect(view?.totalSuspendedMs).toBe(30_000);
    expect(view?.state).toBe('OPEN');
  });

  it('writes no byte for a negative outcome', () => {
    expect(CommitmentPayload.encode({ commitmentId: 'a', outcomePositive: false }).toString('hex')).toBe('0a0161');
    expect(CommitmentPayload.decode(Buffer.from('0a0161', 'hex')).outcomePositive).toBe(false);
  });
});
