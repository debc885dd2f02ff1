import { silentLogger, type Logger } from '@macp-agent/core';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { addConsole } from './http/console-files.js';
import { toErrorBody } from './http/http-error.js';
import { addGuard, type GuardOptions } from './http/guard.js';
import { addOpenApi } from './http/openapi.js';
import { describeProblems, makeValidatorCompiler } from './http/validator.js';
import { addHealthRoutes } from './routes/health.js';
import { addRunEventRoutes } from './routes/run-events.js';
import { addRunRoutes } from './routes/runs.js';
import { addScenarioRoutes } from './routes/scenarios.js';
import type { Services } from './services.js';

/** Version of this package. */
export const VERSION = '0.1.0';

/** What `buildApp` is made of. */
export interface AppOptions {
  readonly services: Services;
  readonly guard: GuardOptions;
  readonly logger?: Logger | undefined;
  /** Largest request body; default 1 MiB. A larger one is answered with 413. */
  readonly maxBodyBytes?: number | undefined;
  /** Connections at one time; default 512. */
  readonly maxConnections?: number | undefined;
  /** Folder of the built console; default: the one of this package. */
  readonly consoleDir?: string | undefined;
}

/** The HTTP API and the console as a fastify instance that does not listen. Closing it is up to the caller. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, logger = silentLogger } = options;
  const app = fastify({
    bodyLimit: options.maxBodyBytes ?? 1_048_576,
    requestTimeout: 30_000,
    // How often the times above and below are looked at; by default twice a minute.
    http: { connectionsCheckingInterval: 5_000 },
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    // An address that leads to no route at all, before any hook.
    frameworkErrors: (error, _request, reply) => {
      const body = {
        statusCode: error.statusCode ?? 400,
        errorCode: 'VALIDATION_ERROR',
        message: 'the address is too long or not valid',
        error: 'Bad Request',
      };
      void (reply as FastifyReply).code(body.statusCode).send(body);
    },
  });
  app.server.maxConnections = options.maxConnections ?? 512;
  app.server.headersTimeout = 15_000;
  // A page of another origin can post text/plain without asking first.
  app.removeContentTypeParser('text/plain');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body: string, done) => parseJson(body, done));
  app.setValidatorCompiler(makeValidatorCompiler());
  // Schemas of answers describe; what is sent is decided in one place, not trimmed by them.
  app.setSerializerCompiler(() => JSON.stringify);
  addGuard(app, options.guard);
  addOpenApi(app, VERSION);
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    services.metrics.count('http_requests_total', { method, route, status: String(reply.statusCode) });
    if (!route.endsWith('/stream')) services.metrics.observe('http_request_duration_seconds', { method, route }, reply.elapsedTime / 1000);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const body = errorBody(error, request.method, request.routeOptions.url ?? '', logger);
    return reply.code(body.statusCode).send(body);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      statusCode: 404,
      errorCode: 'NOT_FOUND',
      message: `there is no ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200) ?? ''}; routes are listed at openapi.json`,
      error: 'Not Found',
    }),
  );
  addHealthRoutes(app, services, VERSION);
  addRunRoutes(app, services);
  addRunEventRoutes(app, services);
  addScenarioRoutes(app, services);
  await addConsole(app, options.consoleDir);
  return app;
}

function parseJson(body: string, done: (error: Error | null, value?: unknown) => void): void {
  if (body.trim() === '') return done(null, null);
  try {
    return done(
      null,
      JSON.parse(body, (key, value: unknown) => (key === '__proto__' ? undefined : value)),
    );
  } catch {
    return done(Object.assign(new Error('the body is not JSON'), { statusCode: 400, code: 'VALIDATION_ERROR' }));
  }
}

function errorBody(
  error: FastifyError,
  method: string,
  route: string,
  logger: Logger,
): { statusCode: number; errorCode: string; message: string; problems?: readonly string[]; error?: string } {
  const known = toErrorBody(error);
  if (known !== undefined) return known;
  if (error.validation !== undefined) {
    const problems = describeProblems(error.validation, error.validationContext ?? 'body');
    return { statusCode: 400, errorCode: 'VALIDATION_ERROR', message: problems.join('; '), problems, error: 'Bad Request' };
  }
  const statusCode = error.statusCode ?? 500;
  if (statusCode < 500) return { statusCode, errorCode: STATUS_CODES[statusCode] ?? 'VALIDATION_ERROR', message: error.message };
  logger.error('a request failed', { method, route, error: error.stack ?? String(error) });
  return { statusCode: 500, errorCode: 'INTERNAL_ERROR', message: 'Internal server error' };
}

const STATUS_CODES: Readonly<Record<number, string>> = { 413: 'PAYLOAD_TOO_LARGE', 415: 'UNSUPPORTED_MEDIA_TYPE' };
