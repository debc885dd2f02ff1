import type { ModeDefinition } from '../definition.js';
import { TaskAcceptPayload, TaskCompletePayload, TaskFailPayload, TaskRejectPayload, TaskRequestPayload, TaskUpdatePayload } from './messages.js';
import { taskMode } from './mode.js';
import { taskPolicy } from './policy.js';

export const definition: ModeDefinition = {
  mode: taskMode,
  rfc: 9,
  payloads: {
    TaskRequest: TaskRequestPayload,
    TaskAccept: TaskAcceptPayload,
    TaskReject: TaskRejectPayload,
    TaskUpdate: TaskUpdatePayload,
    TaskComplete: TaskCompletePayload,
    TaskFail: TaskFailPayload,
  },
  policy: taskPolicy,
};
