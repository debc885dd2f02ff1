import { runDescriptorSchema } from '@macp-agent/protocol/schemas';
import type { FastifyInstance, FastifySchema } from 'fastify';
import {
  cancelBody,
  cancelledRunSchema,
  createdRunSchema,
  errorSchema,
  runListQuery,
  runListSchema,
  runParams,
  runSchema,
  type RunListQuery,
} from '../contracts/run.js';
import { HttpError, runNotFound } from '../http/http-error.js';
import { describeProblems } from '../http/validator.js';
import { isEnded, publicRun, type Run } from '../model/run.js';
import { registerRun, type RunDescriptor } from '../register-run.js';
import type { Services } from '../services.js';

/** Path parameters of a run's routes. */
export interface RunParams {
  readonly id: string;
}

const REMOVED = { messages: 'POST', signal: 'POST', context: 'POST' } as const;
const schema = (summary: string, parts: FastifySchema = {}): FastifySchema => ({ summary, tags: ['runs'], ...parts }) as FastifySchema;

/** The run that a request names. */
export function findRun(services: Services, id: string): Run {
  const run = services.store.get(id);
  if (run === undefined) throw runNotFound(id);
  return run;
}

export function addRunRoutes(app: FastifyInstance, services: Services): void {
  const { store } = services;

  app.post(
    '/runs/validate',
    {
      attachValidation: true,
      schema: schema(
        'Checks a descriptor and whether the runtime has its mode; stores nothing. `{valid, errors, warnings, runtime: {reachable, supportedModes}}`',
        { body: runDescriptorSchema, response: { 201: {} } },
      ),
    },
    async (request, reply) => reply.code(201).send(validate(services, request.body, request.validationError?.validation)),
  );

  app.post<{ Body: RunDescriptor }>(
    '/runs',
    {
      schema: schema('Registers a run descriptor; nothing is started by it. `{runId, sessionId, status, traceId?}`', {
        body: runDescriptorSchema,
        response: { 201: createdRunSchema, 400: errorSchema },
      }),
    },
    async (request, reply) => {
      const run = await registerRun(store, request.body, services.nowUnixMs());
      return reply
        .code(201)
        .send({ runId: run.id, sessionId: run.runtimeSessionId, status: run.status, ...(run.traceId === null ? {} : { traceId: run.traceId }) });
    },
  );

  app.get<{ Querystring: RunListQuery }>(
    '/runs',
    { schema: schema('Lists runs. `{data, total, limit, offset}`', { querystring: runListQuery, response: { 200: runListSchema } }) },
    async (request) => listRuns(store.list(), request.query),
  );

  app.get<{ Params: RunParams }>(
    '/runs/:id',
    { schema: schema('The run.', { params: runParams, response: { 200: runSchema, 404: errorSchema } }) },
    async (request) => publicRun(findRun(services, request.params.id)),
  );

  app.post<{ Params: RunParams; Body: { reason?: string | null } | null }>(
    '/runs/:id/cancel',
    {
      schema: schema('Cancels the session. The run with `runtimeState`, `confirmed` and, when not confirmed, `warning`', {
        params: runParams,
        body: cancelBody,
        response: { 200: cancelledRunSchema, 400: errorSchema, 404: errorSchema, 502: errorSchema },
      }),
    },
    async (request, reply) => {
      const outcome = await services.cancel(findRun(services, request.params.id), request.body?.reason ?? null);
      const { runtimeState, confirmed, warning } = outcome;
      return reply.code(200).send({ ...publicRun(outcome.run), runtimeState, confirmed, ...(warning === undefined ? {} : { warning }) });
    },
  );

  app.post<{ Params: RunParams }>(
    '/runs/:id/archive',
    { schema: schema('Hides a run from listings. The run', { params: runParams, response: { 200: runSchema, 404: errorSchema } }) },
    async (request) => {
      const run = findRun(services, request.params.id);
      const archivedAt = new Date(services.nowUnixMs()).toISOString();
      const archived = await store.append(run.id, (newest) => ({
        patch: { archivedAt: newest.archivedAt ?? archivedAt, tags: [...new Set([...newest.tags, 'archived'])] },
      }));
      return publicRun(archived);
    },
  );

  app.delete<{ Params: RunParams }>(
    '/runs/:id',
    {
      schema: schema('Removes an ended run and its record; discovery does not bring it back.', {
        params: runParams,
        response: { 204: {}, 400: errorSchema, 404: errorSchema },
      }),
    },
    async (request, reply) => {
      const run = findRun(services, request.params.id);
      if (!isEnded(run.status)) throw new HttpError(400, 'INVALID_STATE_TRANSITION', `the run ${run.id} is ${run.status}; only ended runs can be removed`);
      await store.remove(run.id);
      return reply.code(204).send();
    },
  );

  app.get<{ Params: RunParams }>(
    '/runs/:id/messages',
    { schema: schema('Outbound messages: an observer has none. `[]`', { params: runParams }) },
    async (request) => {
      findRun(services, request.params.id);
      return [];
    },
  );

  for (const [name, method] of Object.entries(REMOVED)) {
    app.route({
      method,
      url: `/runs/:id/${name}`,
      schema: schema('Removed: agents send their own messages.', { params: runParams, response: { 410: errorSchema } }),
      handler: async () => {
        throw new HttpError(
          410,
          'ENDPOINT_REMOVED',
          `POST /runs/:id/${name} was removed: an observer never sends; agents send with their own identity through the runtime`,
        );
      },
    });
  }
  for (const what of ['suspend', 'resume'] as const) {
    app.post<{ Params: RunParams; Body: { reason?: string | null } | null }>(
      `/runs/:id/${what}`,
      {
        schema: schema(`Asks the runtime to ${what} the session, with the identity of this observer; 403 unless the bound policy names it. The run`, {
          params: runParams,
          body: cancelBody,
          response: { 200: runSchema, 400: errorSchema, 403: errorSchema, 404: errorSchema },
        }),
      },
      async (request, reply) => {
        const run = await services.pause(findRun(services, request.params.id), what, request.body?.reason ?? null);
        return reply.code(200).send(publicRun(run));
      },
    );
  }
}

function validate(services: Services, body: unknown, validation: readonly object[] | undefined): object {
  const { connected, runtime } = services.observer.health();
  const errors = validation === undefined ? [] : describeProblems(validation, 'body');
  const warnings: string[] = [];
  if (!connected) warnings.push('the runtime cannot be reached right now');
  const modeName = validation === undefined ? (body as RunDescriptor).session.modeName : undefined;
  if (modeName !== undefined && runtime !== undefined && !runtime.supportedModes.includes(modeName))
    errors.push(`session.modeName: the runtime does not have the mode ${modeName}; it has ${runtime.supportedModes.join(', ')}`);
  if (
    modeName !== undefined &&
    (body as RunDescriptor).session.metadata?.['cancelCallback'] === undefined &&
    (body as RunDescriptor).session.metadata?.['cancellationDelegated'] !== true
  ) {
    warnings.push('session.metadata has no cancelCallback: this run cannot be cancelled from here');
  }
  return { valid: errors.length === 0, errors, warnings, runtime: { reachable: connected, supportedModes: runtime?.supportedModes ?? [] } };
}

function listRuns(all: readonly Run[], query: RunListQuery): { data: Run[]; total: number; limit: number; offset: number } {
  const { limit, offset, sortBy, sortOrder } = query;
  const found = all.filter((run) => matches(run, query));
  const direction = sortOrder === 'asc' ? 1 : -1;
  found.sort((left, right) => direction * (left[sortBy].localeCompare(right[sortBy]) || left.id.localeCompare(right.id)));
  return { data: found.slice(offset, offset + limit).map(publicRun), total: found.length, limit, offset };
}

function matches(run: Run, query: RunListQuery): boolean {
  const label = (name: string): string => (typeof run.metadata[name] === 'string' ? run.metadata[name] : '');
  const tags = query.tags?.split(',').filter((tag) => tag !== '') ?? [];
  const search = query.search?.toLowerCase();
  return (
    (query.includeSandbox || run.mode !== 'sandbox') &&
    (query.includeArchived || run.archivedAt === null) &&
    (query.status === undefined || run.status === query.status) &&
    tags.every((tag) => run.tags.includes(tag)) &&
    (query.createdAfter === undefined || Date.parse(run.createdAt) >= Date.parse(query.createdAfter)) &&
    (query.createdBefore === undefined || Date.parse(run.createdAt) < Date.parse(query.createdBefore)) &&
    (query.environment === undefined || label('environment') === query.environment) &&
    (query.scenarioRef === undefined || label('scenarioRef').includes(query.scenarioRef)) &&
    (search === undefined || [run.id, ...run.tags, label('scenarioRef'), label('environment')].some((text) => text.toLowerCase().includes(search)))
  );
}
