// What other packages import of the task mode.
export { MODE_TASK } from './id.js';
export { TaskAcceptPayload, TaskCompletePayload, TaskFailPayload, TaskRejectPayload, TaskRequestPayload, TaskUpdatePayload } from './messages.js';
export type { TaskRejection, TaskReport, TaskRequest, TaskState, TaskUpdate } from './state.js';
export { parseTaskRules, type TaskRules } from './policy.js';
export { buildTaskPolicy, type TaskPolicyInput } from './build-policy.js';
