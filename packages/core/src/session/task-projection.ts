import { MODE_TASK, type TaskRejection, type TaskReport, type TaskRequest, type TaskState, type TaskUpdate } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** A task and how far it is. */
export type ProjectedTask = TaskRequest & {
  readonly status: 'requested' | 'accepted' | 'rejected' | 'in_progress' | 'completed' | 'failed';
  readonly assignee: string | undefined;
};

type Completion = Extract<TaskReport, { kind: 'completed' }>;
type Failure = Extract<TaskReport, { kind: 'failed' }>;

const PHASES: Readonly<Record<TaskState['phase'], string>> = {
  NoTask: 'Pending',
  Requested: 'Requested',
  Assigned: 'InProgress',
  Reported: 'Completed',
  Committed: 'Committed',
};

/** Questions about a task session (RFC-MACP-0009), answered from its view. A session has at most one task. */
export class TaskProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known, and in sessions of other modes. */
  get state(): TaskState | undefined {
    return this.stateOf<TaskState>(MODE_TASK);
  }

  /** Pending from the start, Requested, InProgress once it is accepted, Completed or Failed, Committed. */
  override get phase(): string {
    if (this.state?.phase === 'Reported' && this.report?.kind === 'failed') return 'Failed';
    return PHASES[this.state?.phase ?? 'NoTask'];
  }

  /** The task of the session by its id; empty before it is requested. */
  get tasks(): ReadonlyMap<string, ProjectedTask> {
    const { task, assignee } = this;
    return task === undefined ? new Map() : new Map([[task.taskId, { ...task, assignee, status: this.#status() }]]);
  }

  /** The request; undefined before it. */
  get task(): TaskRequest | undefined {
    return this.state?.task;
  }

  /** Who works on the task now. */
  get assignee(): string | undefined {
    return this.state?.assignee;
  }

  /** Who declined the task, in the order of acceptance. */
  get rejections(): readonly TaskRejection[] {
    return this.state?.rejections ?? [];
  }

  /** All updates, in the order of acceptance. */
  get updates(): readonly TaskUpdate[] {
    return this.state?.updates ?? [];
  }

  /** How the task ended, as its assignee says. */
  get report(): TaskReport | undefined {
    return this.state?.report;
  }

  /** The report of completion as a list, empty without one. */
  get completions(): readonly (Completion & { readonly taskId: string })[] {
    const { task, report } = this;
    return task !== undefined && report?.kind === 'completed' ? [{ taskId: task.taskId, ...report }] : [];
  }

  /** The report of failure as a list, empty without one. */
  get failures(): readonly (Failure & { readonly taskId: string })[] {
    const { task, report } = this;
    return task !== undefined && report?.kind === 'failed' ? [{ taskId: task.taskId, ...report }] : [];
  }

  /** The task when it has this id. */
  getTask(taskId: string): ProjectedTask | undefined {
    return this.tasks.get(taskId);
  }

  /** The task while nobody has reported its end. */
  activeTasks(): ProjectedTask[] {
    return this.report === undefined ? [...this.tasks.values()] : [];
  }

  /** Whether somebody works, or worked, on this task. */
  isAccepted(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.assignee !== undefined;
  }

  /** Whether this task was reported as done. */
  isComplete(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'completed';
  }

  /** Whether this task was reported as failed. */
  isFailed(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'failed';
  }

  /** Whether a failed task may be tried again, as its assignee says. */
  isRetryable(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'failed' && this.report.retryable;
  }

  /** The latest update; undefined before the first. */
  latestProgress(): TaskUpdate | undefined {
    return this.updates.at(-1);
  }

  /** Progress of the latest update; 0 without one. */
  progressOf(taskId: string): number {
    return this.getTask(taskId) === undefined ? 0 : (this.latestProgress()?.progress ?? 0);
  }

  #status(): ProjectedTask['status'] {
    if (this.report !== undefined) return this.report.kind;
    if (this.assignee === undefined) return this.rejections.length > 0 ? 'rejected' : 'requested';
    return this.updates.length > 0 ? 'in_progress' : 'accepted';
  }
}
