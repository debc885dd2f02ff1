import type { RunEvent } from '@macp-agent/scenarios';
import { expect, it } from 'vitest';
import { compareSaid, saidLines, type EndedRun } from './said-lines.js';

const envelope = (sender: string, messageType: string, payload: unknown): RunEvent => ({
  type: 'envelope',
  seq: 1,
  atMs: 1,
  atUnixMs: 1,
  sender,
  messageType,
  payload,
  text: '',
});
const run = (sessionId: string): EndedRun => ({
  runId: `run-${sessionId}`,
  sessionId,
  outcome: { state: 'RESOLVED', reason: '', exitCode: 0, missing: [], suspensions: 0, refused: [] },
});

it('takes two runs for the same whatever their ids, times and the order between senders', () => {
  const one = saidLines([envelope('a', 'Vote', { reason: 'in s-1', decidedAtUnixMs: 1 }), envelope('b', 'Vote', { reason: 'x' })], run('s-1'));
  const other = saidLines([envelope('b', 'Vote', { reason: 'x' }), envelope('a', 'Vote', { reason: 'in s-2', decidedAtUnixMs: 2 })], run('s-2'));
  expect(compareSaid(one, other, 2)).toEqual([]);
});

it('names the round, the sender and the message that differ', () => {
  const one = saidLines([envelope('a', 'Vote', { vote: 'APPROVE' })], run('s-1'));
  const other = saidLines([envelope('a', 'Vote', { vote: 'REJECT' }), envelope('a', 'Commitment', {})], run('s-2'));
  expect(compareSaid(one, other, 7)).toEqual([
    { path: 'round 7, a, message 1', expected: 'Vote {"vote":"APPROVE"}', actual: 'Vote {"vote":"REJECT"}' },
    { path: 'round 7, a, message 2', expected: undefined, actual: 'Commitment {}' },
  ]);
});

it('compares verdicts, and what became of the session', () => {
  const refused = { participantId: 'a', code: 'POLICY_DENIED', message: 'in s-1: 1 of 2', messageType: 'Commitment' };
  const one = run('s-1');
  const other = run('s-2');
  const same = { ...other, outcome: { ...other.outcome, refused: [{ ...refused, message: 'in s-2: 1 of 2' }] } };
  const first = saidLines([], { ...one, outcome: { ...one.outcome, refused: [refused] } });
  expect(compareSaid(first, saidLines([], same), 2)).toEqual([]);
  expect(compareSaid(first, saidLines([], { ...other, outcome: { ...other.outcome, state: 'EXPIRED', reason: 'late' } }), 2)).toMatchObject([
    { path: 'round 2, a, message 1', actual: undefined },
    { path: 'round 2, outcome, message 1' },
  ]);
});
