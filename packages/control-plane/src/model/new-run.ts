import type { Run } from './run.js';

/** A run as it begins; the id of a run is the id of its session. */
export function newRun(
  sessionId: string,
  createdAt: string,
  fields: Partial<Omit<Run, 'id' | 'lastEventSeq' | 'updatedAt'>> = {},
): Omit<Run, 'lastEventSeq' | 'updatedAt'> {
  return {
    id: sessionId,
    status: 'queued',
    mode: 'live',
    runtimeKind: 'rust',
    runtimeVersion: null,
    runtimeSessionId: sessionId,
    traceId: null,
    idempotencyKey: null,
    lastOrdinal: 0,
    sourceKind: null,
    sourceRef: null,
    tags: [],
    metadata: {},
    errorCode: null,
    errorMessage: null,
    createdAt,
    startedAt: null,
    endedAt: null,
    archivedAt: null,
    ...fields,
  };
}
