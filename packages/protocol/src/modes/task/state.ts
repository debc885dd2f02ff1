/** What a task session has gathered; every list is replaced, never changed. */
export interface TaskState {
  /** modes.md §5.2. */
  readonly phase: 'NoTask' | 'Requested' | 'Assigned' | 'Reported' | 'Committed';
  /** At most one task in a session. */
  readonly task?: TaskRequest | undefined;
  /** Who works on it now. */
  readonly assignee?: string | undefined;
  readonly rejections: readonly TaskRejection[];
  readonly updates: readonly TaskUpdate[];
  /** The first TaskComplete or TaskFail; there is no second. */
  readonly report?: TaskReport | undefined;
}

/** The task of a session. */
export interface TaskRequest {
  readonly taskId: string;
  readonly title: string;
  readonly instructions: string;
  /** Empty = any participant but the initiator. */
  readonly requestedAssignee: string;
  readonly input: Uint8Array;
  /** For information; nothing enforces it. 0 = none. */
  readonly deadlineUnixMs: number;
}

/** Who turned the task down, or gave it back. */
export interface TaskRejection {
  readonly sender: string;
  readonly reason: string;
}

/** Progress of the active assignee. */
export interface TaskUpdate {
  readonly sender: string;
  readonly status: string;
  readonly progress: number;
  readonly message: string;
  readonly partialOutput: Uint8Array;
}

/** How the task ended; side effects are keyed by task id, assignee and the id of this message. */
export type TaskReport =
  | { readonly kind: 'completed'; readonly sender: string; readonly output: Uint8Array; readonly summary: string }
  | { readonly kind: 'failed'; readonly sender: string; readonly errorCode: string; readonly reason: string; readonly retryable: boolean };

export const INITIAL_TASK_STATE: TaskState = { phase: 'NoTask', rejections: [], updates: [] };
