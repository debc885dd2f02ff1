import type { FastifyInstance, FastifySchema } from 'fastify';
import { createdRunSchema, errorSchema } from '../contracts/run.js';
import { HttpError } from '../http/http-error.js';
import type { Services } from '../services.js';

/** Body of `POST /examples/run`. */
const startBody = {
  type: 'object',
  additionalProperties: false,
  required: ['scenarioRef'],
  properties: { scenarioRef: { type: 'string', minLength: 1, maxLength: 200 }, templateId: { type: 'string', maxLength: 200 }, inputs: { type: 'object' } },
} as const;

interface StartBody {
  readonly scenarioRef: string;
  readonly templateId?: string;
  readonly inputs?: Record<string, unknown>;
}

const schema = (summary: string, parts: FastifySchema = {}): FastifySchema => ({ summary, tags: ['scenarios'], ...parts }) as FastifySchema;

/** Starting runs, where the process that made this server supplies how. */
export function addScenarioRoutes(app: FastifyInstance, services: Services): void {
  app.get(
    '/scenarios',
    { schema: schema('What can be started; empty where nothing can. `{data: [{scenarioRef, name, summary?, templates, inputSchema, defaults?}]}`') },
    async () => ({
      data: (await services.listScenarios?.()) ?? [],
    }),
  );

  app.post<{ Body: StartBody }>(
    '/examples/run',
    {
      schema: schema('Starts a scenario. `{runId, sessionId, status}`; 501 where runs cannot be started', {
        body: startBody,
        response: { 201: createdRunSchema, 501: errorSchema },
      }),
    },
    async (request, reply) => {
      if (services.startRun === undefined)
        throw new HttpError(501, 'NOT_IMPLEMENTED', 'this server only observes; start runs with: macp run <scenario>, or open the console with: macp console');
      const { scenarioRef, templateId, inputs } = request.body;
      const { runId, sessionId } = await services.startRun(scenarioRef, templateId, inputs ?? {});
      return reply.code(201).send({ runId, sessionId, status: services.store.get(runId)?.status ?? 'queued' });
    },
  );
}
