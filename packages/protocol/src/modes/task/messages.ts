import { macp } from '../../gen/proto.js';
import { bool, bytes, double, int64, message, string, type MessageOf } from '../../wire/message.js';

/** Payloads of the task mode (wire.md §10). */

const pb = macp.modes.task.v1;

export const TaskRequestPayload = message('macp.modes.task.v1.TaskRequestPayload', pb.TaskRequestPayload, {
  taskId: string,
  title: string,
  instructions: string,
  requestedAssignee: string,
  input: bytes,
  deadlineUnixMs: int64,
});
export type TaskRequestPayload = MessageOf<typeof TaskRequestPayload>;

export const TaskAcceptPayload = message('macp.modes.task.v1.TaskAcceptPayload', pb.TaskAcceptPayload, {
  taskId: string,
  assignee: string,
  reason: string,
});
export type TaskAcceptPayload = MessageOf<typeof TaskAcceptPayload>;

export const TaskRejectPayload = message('macp.modes.task.v1.TaskRejectPayload', pb.TaskRejectPayload, {
  taskId: string,
  assignee: string,
  reason: string,
});
export type TaskRejectPayload = MessageOf<typeof TaskRejectPayload>;

export const TaskUpdatePayload = message('macp.modes.task.v1.TaskUpdatePayload', pb.TaskUpdatePayload, {
  taskId: string,
  status: string,
  progress: double,
  message: string,
  partialOutput: bytes,
});
export type TaskUpdatePayload = MessageOf<typeof TaskUpdatePayload>;

export const TaskCompletePayload = message('macp.modes.task.v1.TaskCompletePayload', pb.TaskCompletePayload, {
  taskId: string,
  assignee: string,
  output: bytes,
  summary: string,
});
export type TaskCompletePayload = MessageOf<typeof TaskCompletePayload>;

export const TaskFailPayload = message('macp.modes.task.v1.TaskFailPayload', pb.TaskFailPayload, {
  taskId: string,
  assignee: string,
  errorCode: string,
  reason: string,
  retryable: bool,
});
export type TaskFailPayload = MessageOf<typeof TaskFailPayload>;
