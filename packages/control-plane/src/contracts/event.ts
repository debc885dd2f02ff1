const text = { type: 'string' } as const;

/** Query of `GET /runs/:id/events`. */
export const eventQuery = {
  type: 'object',
  properties: {
    afterSeq: { type: 'integer', minimum: 0, default: 0, description: 'exclusive' },
    limit: { type: 'integer', minimum: 1, maximum: 5000, default: 200 },
    afterTs: { type: 'string', format: 'date-time', description: 'inclusive' },
    beforeTs: { type: 'string', format: 'date-time', description: 'exclusive' },
    type: { type: 'string', description: 'comma list' },
  },
} as const;

/** What `eventQuery` lets through. */
export interface EventQuery {
  readonly afterSeq: number;
  readonly limit: number;
  readonly afterTs?: string;
  readonly beforeTs?: string;
  readonly type?: string;
}

export const eventRowSchema = {
  type: 'object',
  required: ['id', 'runId', 'seq', 'ts', 'type', 'schemaVersion', 'data'],
  properties: { id: text, runId: text, seq: { type: 'integer' }, ts: text, type: text, schemaVersion: { const: 3 }, data: { type: 'object' } },
} as const;

/** A bare list; a page with total and cursor when a time or type was asked for. */
export const eventListSchema = {
  oneOf: [
    { type: 'array', items: eventRowSchema },
    {
      type: 'object',
      required: ['data', 'total', 'limit', 'nextCursor'],
      properties: {
        data: { type: 'array', items: eventRowSchema },
        total: { type: 'integer' },
        limit: { type: 'integer' },
        nextCursor: { type: ['integer', 'null'] },
      },
    },
  ],
} as const;

/** Query of `GET /runs/:id/stream`. */
export const streamQuery = {
  type: 'object',
  properties: {
    afterSeq: { type: 'integer', minimum: 0, description: '0 asks for the whole history; absent: the header Last-Event-ID, or only what is new' },
    includeSnapshot: { type: 'boolean', default: true },
    heartbeatMs: { type: 'integer', minimum: 1000, maximum: 120_000, default: 15_000 },
  },
} as const;

/** What a reader sends that connects again; counts when `afterSeq` is absent. */
export const streamHeaders = {
  type: 'object',
  properties: { 'last-event-id': { type: 'integer', minimum: 0, description: 'id of the last event that was seen; counts when afterSeq is absent' } },
} as const;

/** What `streamHeaders` lets through. */
export interface StreamHeaders {
  readonly 'last-event-id'?: number;
}

/** What `streamQuery` lets through. */
export interface StreamQuery {
  readonly afterSeq?: number;
  readonly includeSnapshot: boolean;
  readonly heartbeatMs: number;
}
