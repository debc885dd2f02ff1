import { MODE_TASK, type TaskRejection, type TaskReport, type TaskRequest, type TaskState, type TaskUpdate } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** Questions about a task session (RFC-MACP-0009), answered from its view. A session has at most one task. */
export class TaskProjection extends Projection {
  get state(): TaskState | undefined {
    return this.stateOf<TaskState>(MODE_TASK);
  }

  get task(): TaskRequest | undefined {
    return this.state?.task;
  }

  /** Who works on the task now. */
  get assignee(): string | undefined {
    return this.state?.assignee;
  }

  get rejections(): readonly TaskRejection[] {
    return this.state?.rejections ?? [];
  }

  get updates(): readonly TaskUpdate[] {
    return this.state?.updates ?? [];
  }

  /** How the task ended, as its assignee says. */
  get report(): TaskReport | undefined {
    return this.state?.report;
  }

  getTask(taskId: string): TaskRequest | undefined {
    return this.task?.taskId === taskId ? this.task : undefined;
  }

  /** The task while nobody has reported its end. */
  activeTasks(): TaskRequest[] {
    return this.task !== undefined && this.report === undefined ? [this.task] : [];
  }

  isAccepted(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.assignee !== undefined;
  }

  isComplete(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'completed';
  }

  isFailed(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'failed';
  }

  /** Whether a failed task may be tried again, as its assignee says. */
  isRetryable(taskId: string): boolean {
    return this.getTask(taskId) !== undefined && this.report?.kind === 'failed' && this.report.retryable;
  }

  latestProgress(): TaskUpdate | undefined {
    return this.updates.at(-1);
  }

  /** Progress of the latest update; 0 without one. */
  progressOf(taskId: string): number {
    return this.getTask(taskId) === undefined ? 0 : (this.latestProgress()?.progress ?? 0);
  }
}
