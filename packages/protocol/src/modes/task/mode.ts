import { checkPolicy } from '../../policy/check.js';
import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeInitiator, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_TASK } from './id.js';
import type { Mode, ModeMessage, SessionBinding } from '../mode.js';
import type { TaskAcceptPayload, TaskCompletePayload, TaskFailPayload, TaskRejectPayload, TaskRequestPayload, TaskUpdatePayload } from './messages.js';
import { taskPolicy, taskRulesOf } from './policy.js';
import { INITIAL_TASK_STATE, type TaskRequest, type TaskState } from './state.js';

/** Task: the initiator gives one task to one participant, who reports back (RFC-MACP-0009; modes.md §5). */
export const taskMode: Mode<TaskState> = {
  descriptor: describeMode({
    mode: MODE_TASK,
    title: 'Task',
    description: 'The initiator requests one task, a participant takes it and reports; one commitment closes it.',
    determinismClass: 'structural-only',
    participantModel: 'orchestrated',
    messageTypes: ['TaskRequest', 'TaskAccept', 'TaskReject', 'TaskUpdate', 'TaskComplete', 'TaskFail'],
  }),
  strictStart: true,
  checkStart: (start, initiator) =>
    start.participants.some((participant) => participant !== initiator) ? ACCEPTED : invalid('a task needs a participant other than the initiator'),
  initial: () => INITIAL_TASK_STATE,
  authorize(_state, binding, sender, messageType) {
    if (messageType === 'Commitment') return authorizeCommitment(binding, sender);
    return messageType === 'TaskRequest' ? authorizeInitiator(binding, sender, messageType) : authorizeParticipant(binding, sender);
  },
  check,
  apply,
};

function check(state: TaskState, binding: SessionBinding, message: ModeMessage): Verdict {
  const { sender } = message;
  switch (message.messageType) {
    case 'TaskRequest':
      return checkRequest(state, binding, message.payload as TaskRequestPayload);
    case 'TaskAccept':
      return onTask(state, message, (task) => checkAccept(task, state, binding, sender, message.payload as TaskAcceptPayload));
    case 'TaskReject':
      return onTask(state, message, (task) => checkReject(task, state, binding, sender, message.payload as TaskRejectPayload));
    case 'TaskUpdate':
      return onTask(state, message, () => requireAtWork(state, sender));
    case 'TaskComplete':
    case 'TaskFail': {
      const { assignee } = message.payload as TaskCompletePayload | TaskFailPayload;
      return onTask(state, message, () => {
        const verdict = requireAtWork(state, sender);
        return verdict.accepted ? requireSelf(assignee, sender) : verdict;
      });
    }
    case 'Commitment': {
      const payload = message.payload as CommitmentPayload;
      const verdict = checkCommitment(binding, payload);
      if (!verdict.accepted) return verdict;
      if (state.report === undefined) return invalid('a Commitment needs a TaskComplete or a TaskFail first');
      return checkPolicy(taskPolicy, binding, state, payload.outcomePositive);
    }
    default:
      return invalid(`${message.messageType} is not a message of the task mode`);
  }
}

function checkRequest(state: TaskState, binding: SessionBinding, payload: TaskRequestPayload): Verdict {
  if (state.task !== undefined) return invalid(`this session has the task ${state.task.taskId}`);
  if (payload.taskId === '') return invalid('task_id must not be empty');
  const { requestedAssignee } = payload;
  if (requestedAssignee !== '' && !binding.participants.includes(requestedAssignee))
    return invalid(`the requested assignee ${requestedAssignee} is not a participant`);
  return ACCEPTED;
}

function onTask(state: TaskState, message: ModeMessage, judge: (task: TaskRequest) => Verdict): Verdict {
  const { taskId } = message.payload as { readonly taskId: string };
  if (state.task === undefined) return invalid(`${message.messageType} needs a TaskRequest first`);
  return taskId === state.task.taskId ? judge(state.task) : invalid(`the task of this session is ${state.task.taskId}, not ${taskId}`);
}

function checkAccept(task: TaskRequest, state: TaskState, binding: SessionBinding, sender: string, payload: TaskAcceptPayload): Verdict {
  if (state.assignee !== undefined) return invalid(`the task is assigned to ${state.assignee}`);
  if (state.rejections.length > 0 && !mayReassign(binding)) return invalid('the task was rejected, and the policy allows no reassignment');
  const verdict = requireSelf(payload.assignee, sender);
  return verdict.accepted ? requireEligible(task, binding, sender) : verdict;
}

function checkReject(task: TaskRequest, state: TaskState, binding: SessionBinding, sender: string, payload: TaskRejectPayload): Verdict {
  if (state.assignee !== undefined) {
    if (state.assignee !== sender) return invalid(`the task is assigned to ${state.assignee}`);
    if (!mayReassign(binding)) return invalid('an accepted task is binding: the policy allows no reassignment');
  }
  const verdict = requireSelf(payload.assignee, sender);
  if (!verdict.accepted) return verdict;
  if (state.assignee === undefined) {
    const eligible = requireEligible(task, binding, sender);
    if (!eligible.accepted) return eligible;
  }
  return state.rejections.some((rejection) => rejection.sender === sender) ? invalid(`${sender} has rejected the task before`) : ACCEPTED;
}

/** The requested assignee; for an open task any participant but the initiator (M-10). */
function requireEligible(task: TaskRequest, binding: SessionBinding, sender: string): Verdict {
  const eligible = task.requestedAssignee === '' ? sender !== binding.initiator : sender === task.requestedAssignee;
  return eligible ? ACCEPTED : refuse('FORBIDDEN', `the task is not offered to ${sender}`);
}

function requireAtWork(state: TaskState, sender: string): Verdict {
  if (state.report !== undefined) return refuse('FORBIDDEN', 'the task was reported already');
  return state.assignee === sender ? ACCEPTED : refuse('FORBIDDEN', `the task is not assigned to ${sender}`);
}

function requireSelf(assignee: string, sender: string): Verdict {
  return assignee === '' || assignee === sender ? ACCEPTED : invalid(`assignee must be empty or ${sender}`);
}

const mayReassign = (binding: SessionBinding): boolean => taskRulesOf(binding.policy).allowReassignmentOnReject;
const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

function apply(state: TaskState, _binding: SessionBinding, message: ModeMessage): TaskState {
  const { sender } = message;
  switch (message.messageType) {
    case 'TaskRequest': {
      const { taskId, title, instructions, requestedAssignee, input, deadlineUnixMs } = message.payload as TaskRequestPayload;
      return { ...state, phase: 'Requested', task: { taskId, title, instructions, requestedAssignee, input, deadlineUnixMs } };
    }
    case 'TaskAccept':
      return { ...state, phase: 'Assigned', assignee: sender };
    case 'TaskReject': {
      const { reason } = message.payload as TaskRejectPayload;
      return { ...state, phase: 'Requested', assignee: undefined, rejections: [...state.rejections, { sender, reason }] };
    }
    case 'TaskUpdate': {
      const { status, progress, message: text, partialOutput } = message.payload as TaskUpdatePayload;
      return { ...state, updates: [...state.updates, { sender, status, progress, message: text, partialOutput }] };
    }
    case 'TaskComplete': {
      const { output, summary } = message.payload as TaskCompletePayload;
      return { ...state, phase: 'Reported', report: { kind: 'completed', sender, output, summary } };
    }
    case 'TaskFail': {
      const { errorCode, reason, retryable } = message.payload as TaskFailPayload;
      return { ...state, phase: 'Reported', report: { kind: 'failed', sender, errorCode, reason, retryable } };
    }
    case 'Commitment':
      return { ...state, phase: 'Committed' };
    default:
      return state;
  }
}
