import type { FastifyInstance, FastifySchema } from 'fastify';
import { errorSchema } from '../contracts/run.js';

interface DocumentedRoute {
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema & { summary?: string; tags?: readonly string[]; hide?: boolean };
}

/** Collects the routes that are registered from now on and serves them as OpenAPI 3.1 at `/openapi.json`. */
export function addOpenApi(app: FastifyInstance, version: string): void {
  const routes: DocumentedRoute[] = [];
  app.addHook('onRoute', (route) => {
    const methods = Array.isArray(route.method) ? route.method : [route.method];
    const schema = (route.schema ?? {}) as DocumentedRoute['schema'];
    for (const method of methods) if (method !== 'HEAD' && schema.hide !== true) routes.push({ method: method.toLowerCase(), url: route.url, schema });
  });
  app.get('/openapi.json', { schema: { summary: 'OpenAPI 3.1, made of the schemas that validate requests.', tags: ['service'] } as FastifySchema }, async () =>
    describe(routes, version),
  );
}

/** Schemas with an id stand once, under their title, and are referred to. */
class Components {
  readonly schemas: Record<string, object> = {};

  place(schema: unknown): object {
    const { $id, $schema: _dialect, ...rest } = schema as { $id?: string; $schema?: string; title?: string };
    if ($id === undefined) return schema as object;
    const name = (rest.title ?? $id).replaceAll(/[^A-Za-z0-9]+(.)?/g, (_all, next: string | undefined) => next?.toUpperCase() ?? '');
    this.schemas[name] = rest;
    return { $ref: `#/components/schemas/${name}` };
  }
}

function describe(routes: readonly DocumentedRoute[], version: string): object {
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'MACP control plane', version, description: 'Observes the runs of a MACP runtime. It never sends a message into a session.' },
    components: { schemas: components.schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    // Only a server that was given a token wants it.
    security: [{}, { token: [] }],
    paths,
  };
}

function operation({ url, schema }: DocumentedRoute, components: Components): object {
  const parameters = [...parametersOf(schema.params, 'path'), ...parametersOf(schema.querystring, 'query'), ...parametersOf(schema.headers, 'header')];
  const responses = Object.entries((schema.response ?? { 200: {} }) as Record<string, object>).map(([status, body]) => [
    status,
    { description: STATUS_TEXT[status] ?? 'answer', ...contentOf(body, url) },
  ]);
  return {
    ...(schema.summary === undefined ? {} : { summary: schema.summary }),
    ...(schema.tags === undefined ? {} : { tags: schema.tags }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema.body === undefined
      ? {}
      : { requestBody: { required: isRequired(schema.body), content: { 'application/json': { schema: components.place(schema.body) } } } }),
    responses: { ...Object.fromEntries(responses), default: { description: 'refused', ...contentOf(errorSchema, '') } },
  };
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  200: 'ok',
  201: 'created',
  204: 'done',
  400: 'not valid',
  403: 'not allowed by the runtime',
  404: 'not known',
  410: 'removed',
  501: 'not available here',
};

function parametersOf(schema: unknown, where: 'path' | 'query' | 'header'): object[] {
  const { properties, required } = (schema ?? {}) as { properties?: Record<string, object>; required?: readonly string[] };
  return Object.entries(properties ?? {}).map(([name, item]) => ({
    name,
    in: where,
    required: where === 'path' || required?.includes(name) === true,
    schema: item,
  }));
}

function contentOf(schema: object, url: string): object {
  if (Object.keys(schema).length === 0) return {};
  return { content: { [url.endsWith('/stream') ? 'text/event-stream' : 'application/json']: { schema } } };
}

function isRequired(schema: unknown): boolean {
  return ((schema as { required?: readonly string[] }).required?.length ?? 0) > 0;
}
