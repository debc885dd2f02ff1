import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionStartPayload } from '../../wire/payloads.js';
import { MODE_TASK } from './id.js';
import { commitment, example, policy, startRecord, type Setup } from '../play.test.support.js';
import { randomSessions } from '../random-sessions.test.support.js';
import { checkSessionStart } from '../start.js';
import type { Mode } from '../mode.js';
import { taskMode } from './mode.js';

const setup: Setup = { mode: MODE_TASK, initiator: 'planner', participants: ['planner', 'w1', 'w2'] };
const t1 = { taskId: 't1' };
const forW1 = { taskId: 't1', requestedAssignee: 'w1' };

describe('worked examples of the task mode', () => {
  example('T1: requested, accepted, updated, completed, committed', setup, [
    ['planner', 'TaskRequest', forW1, 'ok'],
    ['w1', 'TaskAccept', t1, 'ok'],
    ['w1', 'TaskUpdate', { taskId: 't1', progress: 0.5 }, 'ok'],
    ['w1', 'TaskComplete', t1, 'ok'],
    ['planner', 'Commitment', commitment('task.completed', true), 'ok'],
  ]);

  example('T2: refuses everyone but the assignee, and a second task, report or answer', setup, [
    ['w1', 'TaskRequest', t1, 'FORBIDDEN'],
    ['w1', 'TaskAccept', t1, 'INVALID_ENVELOPE'],
    ['planner', 'TaskRequest', forW1, 'ok'],
    ['planner', 'TaskRequest', { taskId: 't2' }, 'INVALID_ENVELOPE'],
    ['w2', 'TaskAccept', t1, 'FORBIDDEN'],
    ['w1', 'TaskUpdate', t1, 'FORBIDDEN'],
    ['w1', 'TaskAccept', { taskId: 't1', assignee: 'w2' }, 'INVALID_ENVELOPE'],
    ['w1', 'TaskAccept', t1, 'ok'],
    ['w2', 'TaskAccept', t1, 'INVALID_ENVELOPE'],
    ['w1', 'TaskReject', t1, 'INVALID_ENVELOPE'],
    ['planner', 'Commitment', commitment('task.completed', true), 'INVALID_ENVELOPE'],
    ['w1', 'TaskFail', t1, 'ok'],
    ['w1', 'TaskComplete', t1, 'FORBIDDEN'],
    ['planner', 'Commitment', commitment('task.failed', false), 'ok'],
  ]);

  const rules = { assignment: { allow_reassignment_on_reject: true }, completion: { require_output: true } };
  example('T3: an open task changes hands, and a success needs output', { ...setup, policy: policy(MODE_TASK, rules) }, [
    ['planner', 'TaskRequest', t1, 'ok'],
    ['planner', 'TaskAccept', t1, 'FORBIDDEN'],
    ['w1', 'TaskAccept', t1, 'ok'],
    ['w1', 'TaskReject', t1, 'ok'],
    ['w2', 'TaskAccept', t1, 'ok'],
    ['w2', 'TaskComplete', t1, 'ok'],
    ['planner', 'Commitment', commitment('task.completed', true), 'POLICY_DENIED'],
    ['planner', 'Commitment', commitment('task.failed', false), 'ok'],
  ]);
});

describe('task mode', () => {
  example('lets nobody accept after a rejection, without a policy that allows it', setup, [
    ['planner', 'TaskRequest', t1, 'ok'],
    ['w1', 'TaskReject', t1, 'ok'],
    ['w1', 'TaskReject', t1, 'INVALID_ENVELOPE'],
    ['w2', 'TaskAccept', t1, 'INVALID_ENVELOPE'],
  ]);

  example('refuses another task id, an unknown assignee, unknown types and outsiders', setup, [
    ['planner', 'TaskRequest', { taskId: 't1', requestedAssignee: 'x' }, 'INVALID_ENVELOPE'],
    ['planner', 'TaskRequest', { taskId: '' }, 'INVALID_ENVELOPE'],
    ['planner', 'TaskRequest', t1, 'ok'],
    ['w1', 'TaskAccept', { taskId: 't9' }, 'INVALID_ENVELOPE'],
    ['x', 'TaskAccept', t1, 'FORBIDDEN'],
    ['w1', 'Vote', Buffer.alloc(0), 'INVALID_ENVELOPE'],
  ]);

  it('starts only with a participant other than the initiator, who need not be listed', () => {
    const start = (participants: string[]) =>
      checkSessionStart(taskMode as Mode, SessionStartPayload.decode(startRecord({ ...setup, participants }).envelope.payload), 'planner').accepted;
    expect(start(['planner'])).toBe(false);
    expect(start(['w1'])).toBe(true);
  });
});

randomSessions(
  MODE_TASK,
  fc.tuple(fc.constantFrom('TaskRequest', 'TaskAccept', 'TaskReject', 'TaskUpdate', 'TaskComplete', 'TaskFail'), fc.record({ taskId: fc.constant('1') })),
  { assignment: { allow_reassignment_on_reject: true } },
);
