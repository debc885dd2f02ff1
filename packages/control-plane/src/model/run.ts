/** Life of a run; the last three are final. */
export type RunStatus = 'queued' | 'starting' | 'binding_session' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

export const RUN_STATUSES = [
  'queued',
  'starting',
  'binding_session',
  'running',
  'suspended',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly RunStatus[];

/** How to ask the initiator to cancel (Option A). */
export interface CancelCallback {
  readonly url: string;
  /** Never leaves this process: answers show `***`. */
  readonly bearer?: string | undefined;
}

/** A run as it is stored. Times are ISO 8601. */
export interface Run {
  readonly id: string;
  readonly status: RunStatus;
  readonly mode: 'live' | 'sandbox';
  readonly runtimeKind: string;
  readonly runtimeVersion: string | null;
  readonly runtimeSessionId: string;
  readonly traceId: string | null;
  readonly idempotencyKey: string | null;
  readonly lastEventSeq: number;
  /** Accepted envelopes recorded so far; where a subscription resumes. */
  readonly lastOrdinal: number;
  readonly sourceKind: string | null;
  readonly sourceRef: string | null;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly updatedAt: string;
  readonly archivedAt: string | null;
}

const MOVES: Record<RunStatus, readonly RunStatus[]> = {
  // A session may be over before its descriptor arrives, so every unfinished status reaches every end.
  queued: ['starting', 'binding_session', 'running', 'suspended', 'completed', 'failed', 'cancelled'],
  starting: ['binding_session', 'running', 'suspended', 'completed', 'failed', 'cancelled'],
  binding_session: ['running', 'suspended', 'completed', 'failed', 'cancelled'],
  running: ['suspended', 'completed', 'failed', 'cancelled'],
  suspended: ['running', 'completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

/** True when the status may follow. */
export function canBecome(from: RunStatus, to: RunStatus): boolean {
  return MOVES[from].includes(to);
}

/** True for a run that will not change any more. */
export function isEnded(status: RunStatus): boolean {
  return MOVES[status].length === 0;
}

/** The callback of a run's metadata, if there is one. */
export function cancelCallbackOf(run: Run): CancelCallback | undefined {
  const value = run.metadata['cancelCallback'];
  if (typeof value !== 'object' || value === null || !('url' in value) || typeof value.url !== 'string') return undefined;
  const bearer = 'bearer' in value && typeof value.bearer === 'string' ? value.bearer : undefined;
  return { url: value.url, bearer };
}

/** True when the bound policy is said to let the observer cancel (Option B). */
export function isCancellationDelegated(run: Run): boolean {
  return run.metadata['cancellationDelegated'] === true;
}

/** True when refusals of its agents reach this observer: only a run that was started beside it tells of them. */
export function areRefusalsReported(run: Run): boolean {
  return run.metadata['refusals'] === 'reported';
}

const SECRET_KEY = /(bearer|token|secret|passw|authorization|api[-_]?key|credential)/i;

/** The run as answers show it: values under secret names are masked at any depth. */
export function publicRun(run: Run): Run {
  return { ...run, metadata: maskSecrets(run.metadata) as Run['metadata'] };
}

/** A copy in which every text under a secret-looking name is `***`. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, SECRET_KEY.test(key) && typeof item === 'string' ? '***' : maskSecrets(item)]));
}
