import type { FastifyInstance, FastifySchema } from 'fastify';
import { eventListSchema, eventQuery, streamHeaders, streamQuery, type EventQuery, type StreamHeaders, type StreamQuery } from '../contracts/event.js';
import { errorSchema, runParams } from '../contracts/run.js';
import { streamRun } from '../http/event-stream.js';
import { HttpError } from '../http/http-error.js';
import { toEventRow, type CanonicalEvent } from '../model/canonical-event.js';
import { project, summarize } from '../model/projection.js';
import { publicRun } from '../model/run.js';
import type { Services } from '../services.js';
import { findRun, type RunParams } from './runs.js';

const schema = (summary: string, parts: FastifySchema = {}): FastifySchema => ({ summary, tags: ['events'], params: runParams, ...parts }) as FastifySchema;
const answer = (body: object): FastifySchema => ({ response: { 200: body, 404: errorSchema } });
const stateQuery = { type: 'object', properties: { seq: { type: 'integer', minimum: 0 } } } as const;
const exportQuery = {
  type: 'object',
  properties: {
    format: { enum: ['json', 'jsonl'], default: 'json' },
    includeCanonical: { type: 'boolean', default: true },
    eventLimit: { type: 'integer', minimum: 1, maximum: 50_000, default: 10_000 },
  },
} as const;

export function addRunEventRoutes(app: FastifyInstance, services: Services): void {
  const { store, metrics } = services;
  let streams = 0;
  metrics.gauge('active_sse_connections', () => streams);

  app.get<{ Params: RunParams }>(
    '/runs/:id/state',
    { schema: schema('The state folded from its events: participants, decision, policy rules and votes, signals, model use.', answer({ type: 'object' })) },
    async (request) => {
      const run = findRun(services, request.params.id);
      return project(run, await store.events(run.id));
    },
  );

  app.get<{ Params: RunParams; Querystring: { seq?: number } }>(
    '/runs/:id/replay/state',
    { schema: schema('The same after the event `seq`.', { querystring: stateQuery, ...answer({ type: 'object' }) }) },
    async (request) => {
      const run = findRun(services, request.params.id);
      const events = await store.events(run.id);
      return project(run, request.query.seq === undefined ? events : events.slice(0, request.query.seq));
    },
  );

  app.get<{ Params: RunParams }>('/runs/:id/metrics', { schema: schema('Counts, tokens and times.', answer({ type: 'object' })) }, async (request) => {
    const run = findRun(services, request.params.id);
    return summarize(run, await store.events(run.id));
  });

  app.get<{ Params: RunParams; Querystring: EventQuery }>(
    '/runs/:id/events',
    {
      schema: schema('Rows after `afterSeq`; with `type`, `afterTs` or `beforeTs` a page: `{data, total, limit, nextCursor}`', {
        querystring: eventQuery,
        ...answer(eventListSchema),
      }),
    },
    async (request) => {
      const run = findRun(services, request.params.id);
      return listEvents(await store.events(run.id, request.query.afterSeq), request.query);
    },
  );

  app.get<{ Params: RunParams; Querystring: { format: 'json' | 'jsonl'; includeCanonical: boolean; eventLimit: number } }>(
    '/runs/:id/export',
    {
      schema: schema('Everything as one JSON document, or with `format=jsonl` a header line and one line per event.', {
        querystring: exportQuery,
        ...answer({ type: 'object' }),
      }),
    },
    async (request, reply) => {
      const run = findRun(services, request.params.id);
      const events = await store.events(run.id);
      const exportedAt = new Date(services.nowUnixMs()).toISOString();
      const kept = request.query.includeCanonical ? events.slice(0, request.query.eventLimit) : [];
      if (request.query.format === 'jsonl') {
        const lines = [{ type: 'header', run: publicRun(run), exportedAt }, ...kept.map((event) => ({ type: 'canonical_event', event }))];
        const headers = { 'content-type': 'application/x-ndjson', 'content-disposition': `attachment; filename="${run.id}.ndjson"` };
        return reply.headers(headers).send(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
      }
      const session = events.find((event) => event.type === 'session.bound')?.data ?? null;
      return {
        run: publicRun(run),
        session,
        projection: project(run, events),
        metrics: summarize(run, events),
        artifacts: [],
        canonicalEvents: kept,
        rawEvents: [],
        exportedAt,
      };
    },
  );

  app.get<{ Params: RunParams; Querystring: StreamQuery; Headers: StreamHeaders }>(
    '/runs/:id/stream',
    { schema: schema('Live events (server-sent), below.', { querystring: streamQuery, headers: streamHeaders, ...answer({ type: 'string' }) }) },
    async (request, reply) => {
      const run = findRun(services, request.params.id);
      if (streams >= services.maxEventStreams)
        throw new HttpError(
          503,
          'RATE_LIMITED',
          `${streams} live streams are open, which is the limit of this server; close one, or read GET /runs/${run.id}/events`,
        );
      const afterSeq = request.query.afterSeq ?? request.headers['last-event-id'] ?? run.lastEventSeq;
      const left = new AbortController();
      request.raw.socket.once('close', () => left.abort());
      streams += 1;
      reply.hijack();
      reply.raw.writeHead(200, { ...reply.getHeaders(), 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as Record<
        string,
        string
      >);
      // A reader of a quiet run must not wait for the first event to know that it is connected.
      reply.raw.flushHeaders();
      try {
        const signal = AbortSignal.any([left.signal, services.closing]);
        await streamRun(reply.raw, store, run.id, {
          afterSeq,
          snapshot: request.query.includeSnapshot ? project : undefined,
          heartbeatMs: request.query.heartbeatMs,
          signal,
        });
      } catch (error) {
        // The answer has begun, so an error can only end it; the reader resumes after its last id.
        if (!left.signal.aborted && !services.closing.aborted) request.log.warn({ runId: run.id, error: String(error) }, 'a live stream ended with an error');
        reply.raw.destroy();
      } finally {
        streams -= 1;
      }
    },
  );
}

function listEvents(events: readonly CanonicalEvent[], query: EventQuery): object {
  const { limit, afterTs, beforeTs, type } = query;
  if (afterTs === undefined && beforeTs === undefined && type === undefined) return events.slice(0, limit).map(toEventRow);
  const types = type?.split(',');
  const found = events.filter(
    (event) =>
      (afterTs === undefined || Date.parse(event.ts) >= Date.parse(afterTs)) &&
      (beforeTs === undefined || Date.parse(event.ts) < Date.parse(beforeTs)) &&
      (types === undefined || types.includes(event.type)),
  );
  const page = found.slice(0, limit);
  return { data: page.map(toEventRow), total: found.length, limit, nextCursor: found.length > limit ? (page.at(-1)?.seq ?? null) : null };
}
