import { MODE_TASK, type TaskRequest, type TaskState } from '@macp-agent/protocol';
import { toBytes, type BytesInput } from '../session/bytes-input.js';
import { sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import { answerOrAbstain, requireState } from './strategy-state.js';

/** What came of a task. */
export type WorkResult =
  | { readonly output?: BytesInput; readonly summary: string }
  | { readonly failed: string; readonly errorCode?: string; readonly retryable?: boolean };

/** What `workOnTask` takes. */
export interface WorkOnTaskOptions {
  /** Whether this agent takes the task; `{ reject: reason }` leaves it to others. Default: it does. */
  readonly accept?: (task: TaskRequest, ctx: ParticipantContext) => true | { readonly reject: string } | Promise<true | { readonly reject: string }>;
  /** Does the work, once the task is this agent's. An error with code MODEL_FAILED reports a failure that may be tried again. */
  readonly work: (task: TaskRequest, ctx: ParticipantContext) => WorkResult | Promise<WorkResult>;
}

/** Takes the task of the session when it may, does it and reports how it ended (RFC-MACP-0009). An agent that starts again works again. */
export function workOnTask(options: WorkOnTaskOptions): (participant: Participant) => void {
  return (participant) =>
    void participant.onChange(async (ctx) => {
      const self = participant.participantId;
      const { task, assignee, rejections, report } = requireState<TaskState>(ctx, MODE_TASK, 'workOnTask');
      if (task === undefined || report !== undefined) return;
      if (assignee === self) await reportOn(task, options, ctx);
      else if (assignee === undefined && mayTake(task, ctx) && !rejections.some(({ sender }) => sender === self)) await take(task, options, ctx);
    });
}

const mayTake = ({ requestedAssignee }: TaskRequest, { participant: { participantId }, session: { initiator } }: ParticipantContext): boolean =>
  requestedAssignee === '' ? participantId !== initiator : requestedAssignee === participantId;

async function take(task: TaskRequest, { accept }: WorkOnTaskOptions, ctx: ParticipantContext): Promise<void> {
  const { taskId } = task;
  const answer = accept === undefined ? true : await accept(task, ctx);
  const assignee = ctx.participant.participantId;
  if (answer === true) await sendOnce(ctx, 'TaskAccept', taskId, { taskId, assignee });
  else await sendOnce(ctx, 'TaskReject', taskId, { taskId, assignee, reason: answer.reject });
}

async function reportOn(task: TaskRequest, { work }: WorkOnTaskOptions, ctx: ParticipantContext): Promise<void> {
  const { taskId } = task;
  const assignee = ctx.participant.participantId;
  const result = (await answerOrAbstain(ctx, () => work(task, ctx))) ?? {
    failed: 'the model gave no usable answer',
    errorCode: 'MODEL_FAILED',
    retryable: true,
  };
  if ('failed' in result) {
    const { failed: reason, errorCode = '', retryable = false } = result;
    await sendOnce(ctx, 'TaskFail', taskId, { taskId, assignee, errorCode, reason, retryable });
  } else {
    await sendOnce(ctx, 'TaskComplete', taskId, { taskId, assignee, output: toBytes(result.output), summary: result.summary });
  }
}
