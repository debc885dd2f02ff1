import type { RunEvent } from '@macp-agent/scenarios';
import { expect, it } from 'vitest';
import { compareSaid, saidLines } from './said-lines.js';

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
const run = (sessionId: string): RunEvent => ({
  type: 'run',
  runId: sessionId,
  sessionId,
  scenarioRef: '',
  templateId: '',
  title: '',
  policyVersion: '',
  initiator: 'a',
  participants: [],
  folder: '',
  runtimeAddress: '',
});

it('takes two runs for the same whatever their ids, times and the order between senders', () => {
  const one = saidLines([run('s-1'), envelope('a', 'Vote', { reason: 'in s-1', decidedAtUnixMs: 1 }), envelope('b', 'Vote', { reason: 'x' })]);
  const other = saidLines([run('s-2'), envelope('b', 'Vote', { reason: 'x' }), envelope('a', 'Vote', { reason: 'in s-2', decidedAtUnixMs: 2 })]);
  expect(compareSaid(one, other, 2)).toEqual([]);
});

it('names the round, the sender and the message that differ', () => {
  const one = saidLines([envelope('a', 'Vote', { vote: 'APPROVE' })]);
  const other = saidLines([envelope('a', 'Vote', { vote: 'REJECT' }), envelope('a', 'Commitment', {})]);
  expect(compareSaid(one, other, 7)).toEqual([
    { path: 'round 7, a, message 1', expected: 'Vote {"vote":"APPROVE"}', actual: 'Vote {"vote":"REJECT"}' },
    { path: 'round 7, a, message 2', expected: undefined, actual: 'Commitment {}' },
  ]);
});
