import { MODE_TASK, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateRequiredField } from '../validate.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';
import { TaskProjection } from './task-projection.js';

/** What `requestTask` takes. */
export interface TaskRequestInput {
  readonly taskId: string;
  readonly title: string;
  readonly instructions: string;
  /** Default: any participant but the initiator. */
  readonly requestedAssignee?: string | undefined;
  readonly input?: BytesInput | undefined;
  /** For information; nothing enforces it. */
  readonly deadlineUnixMs?: number | undefined;
}

/** What `acceptTask` and `rejectTask` take. */
export interface TaskAnswerInput {
  readonly taskId: string;
  /** Default: the sender. */
  readonly assignee?: string | undefined;
  readonly reason?: string | undefined;
}

/** What `updateTask` takes. */
export interface TaskUpdateInput {
  readonly taskId: string;
  readonly status: string;
  readonly progress: number;
  readonly message?: string | undefined;
  readonly partialOutput?: BytesInput | undefined;
}

/** What `completeTask` takes. */
export interface TaskCompletionInput {
  readonly taskId: string;
  readonly assignee?: string | undefined;
  readonly output?: BytesInput | undefined;
  readonly summary?: string | undefined;
}

/** What `failTask` takes. */
export interface TaskFailureInput {
  readonly taskId: string;
  readonly assignee?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly reason?: string | undefined;
  readonly retryable?: boolean | undefined;
}

/** A session of the task mode: the initiator asks, one participant accepts, works and reports (RFC-MACP-0009). */
export class TaskSession extends Session<TaskProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = {
    requestTask: 'TaskRequest',
    acceptTask: 'TaskAccept',
    rejectTask: 'TaskReject',
    updateTask: 'TaskUpdate',
    completeTask: 'TaskComplete',
    failTask: 'TaskFail',
  } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_TASK, options, (source) => new TaskProjection(source));
  }

  /** Asks for a task; the initiator does, once in a session. */
  requestTask(input: WithSender<TaskRequestInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskRequest', input, options, () => ({
      taskId: validateRequiredField(input.taskId, 'taskId'),
      title: validateRequiredField(input.title, 'title'),
      instructions: validateRequiredField(input.instructions, 'instructions'),
      requestedAssignee: input.requestedAssignee ?? '',
      input: toBytes(input.input),
      deadlineUnixMs: input.deadlineUnixMs ?? 0,
    }));
  }

  /** Takes the task on; the assignee alone reports on it then. */
  acceptTask(input: WithSender<TaskAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskAccept', input, options, () => ({ ...about(input), reason: input.reason ?? '' }));
  }

  /** Declines the task. Another participant may accept it only where the policy allows reassignment; else the session can only be cancelled or expire. */
  rejectTask(input: WithSender<TaskAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskReject', input, options, () => ({ ...about(input), reason: input.reason ?? '' }));
  }

  /** Tells how far the task is. */
  updateTask(input: WithSender<TaskUpdateInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskUpdate', input, options, () => ({
      taskId: validateRequiredField(input.taskId, 'taskId'),
      status: input.status,
      progress: input.progress,
      message: input.message ?? '',
      partialOutput: toBytes(input.partialOutput),
    }));
  }

  /** Reports the task as done; under some policies only with an output. */
  completeTask(input: WithSender<TaskCompletionInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskComplete', input, options, () => ({ ...about(input), output: toBytes(input.output), summary: input.summary ?? '' }));
  }

  /** Reports that the task failed, and whether it may be tried again. */
  failTask(input: WithSender<TaskFailureInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('TaskFail', input, options, () => ({
      ...about(input),
      errorCode: input.errorCode ?? '',
      reason: input.reason ?? '',
      retryable: input.retryable ?? false,
    }));
  }
}

function about(input: { readonly taskId: string; readonly assignee?: string | undefined }): object {
  return { taskId: validateRequiredField(input.taskId, 'taskId'), assignee: input.assignee ?? '' };
}
