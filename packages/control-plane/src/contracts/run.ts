import { RUN_STATUSES } from '../model/run.js';

const text = { type: 'string' } as const;
const nullableText = { type: ['string', 'null'] } as const;

/** `:id` of a run: the id of its session. */
export const runParams = { type: 'object', required: ['id'], properties: { id: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,128}$' } } } as const;

/** A run as answers show it. */
export const runSchema = {
  type: 'object',
  required: ['id', 'status', 'mode', 'runtimeKind', 'runtimeSessionId', 'lastEventSeq', 'tags', 'metadata', 'createdAt', 'updatedAt'],
  properties: {
    id: text,
    status: { enum: RUN_STATUSES },
    mode: { enum: ['live', 'sandbox'] },
    runtimeKind: text,
    runtimeVersion: nullableText,
    runtimeSessionId: text,
    traceId: nullableText,
    idempotencyKey: nullableText,
    lastEventSeq: { type: 'integer' },
    lastOrdinal: { type: 'integer' },
    sourceKind: nullableText,
    sourceRef: nullableText,
    tags: { type: 'array', items: text },
    metadata: { type: 'object' },
    errorCode: nullableText,
    errorMessage: nullableText,
    createdAt: text,
    startedAt: nullableText,
    endedAt: nullableText,
    updatedAt: text,
    archivedAt: nullableText,
  },
} as const;

/** Query of `GET /runs`. */
export const runListQuery = {
  type: 'object',
  properties: {
    status: { enum: RUN_STATUSES },
    tags: { type: 'string', description: 'comma list, all must match' },
    createdAfter: { type: 'string', format: 'date-time' },
    createdBefore: { type: 'string', format: 'date-time' },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    offset: { type: 'integer', minimum: 0, default: 0 },
    sortBy: { enum: ['createdAt', 'updatedAt'], default: 'createdAt' },
    sortOrder: { enum: ['asc', 'desc'], default: 'desc' },
    includeSandbox: { type: 'boolean', default: false },
    includeArchived: { type: 'boolean', default: false },
    environment: text,
    scenarioRef: { type: 'string', description: 'part of the scenario reference' },
    search: { type: 'string', description: 'id, tags, scenario reference or environment' },
  },
} as const;

/** What `runListQuery` lets through, defaults filled in. */
export interface RunListQuery {
  readonly status?: string;
  readonly tags?: string;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  readonly limit: number;
  readonly offset: number;
  readonly sortBy: 'createdAt' | 'updatedAt';
  readonly sortOrder: 'asc' | 'desc';
  readonly includeSandbox: boolean;
  readonly includeArchived: boolean;
  readonly environment?: string;
  readonly scenarioRef?: string;
  readonly search?: string;
}

export const runListSchema = {
  type: 'object',
  required: ['data', 'total', 'limit', 'offset'],
  properties: { data: { type: 'array', items: runSchema }, total: { type: 'integer' }, limit: { type: 'integer' }, offset: { type: 'integer' } },
} as const;

export const createdRunSchema = {
  type: 'object',
  required: ['runId', 'sessionId', 'status'],
  properties: { runId: text, sessionId: text, status: { enum: RUN_STATUSES }, traceId: text },
} as const;

export const cancelBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { reason: { type: ['string', 'null'], maxLength: 2000 } },
} as const;

export const cancelledRunSchema = {
  ...runSchema,
  required: [...runSchema.required, 'runtimeState', 'confirmed'],
  properties: { ...runSchema.properties, runtimeState: nullableText, confirmed: { type: 'boolean' }, warning: text },
} as const;

export const errorSchema = {
  type: 'object',
  required: ['statusCode', 'errorCode', 'message'],
  properties: { statusCode: { type: 'integer' }, errorCode: text, message: text, problems: { type: 'array', items: text } },
} as const;
