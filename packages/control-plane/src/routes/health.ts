import type { FastifyInstance } from 'fastify';
import { METRICS } from '../http/metrics.js';
import type { Services } from '../services.js';

const summary = (text: string, ...statuses: readonly number[]): object => ({
  summary: text,
  tags: ['service'],
  ...(statuses.length === 0 ? {} : { response: Object.fromEntries(statuses.map((status) => [status, {}])) }),
});

/** Liveness, readiness, metrics, and what the console needs to know first. */
export function addHealthRoutes(app: FastifyInstance, services: Services, version: string): void {
  app.get('/healthz', { schema: summary('The process answers. `{ok, service}`') }, async () => ({ ok: true, service: 'macp-control-plane' }));

  app.get(
    '/readyz',
    { schema: summary('200 when the runtime is watched, else 503. `{ok, database, runtime, streamConsumer, circuitBreaker, problem?}`', 200, 503) },
    async (_request, reply) => {
      const { connected, problem, runtime } = services.observer.health();
      const parts = { database: 'ok', runtime: connected ? 'ok' : 'unreachable', streamConsumer: connected ? 'ok' : 'waiting', circuitBreaker: 'CLOSED' };
      return reply.code(connected ? 200 : 503).send({
        ok: connected,
        ...parts,
        ...(runtime === undefined ? {} : { runtimeVersion: runtime.version }),
        ...(problem === undefined ? {} : { problem: problem.slice(0, 300) }),
      });
    },
  );

  app.get(
    '/metrics',
    {
      schema: summary(
        `Prometheus text: ${Object.keys(METRICS)
          .map((name) => `\`${name}\``)
          .join(', ')}`,
      ),
    },
    async (_request, reply) => reply.type('text/plain; version=0.0.4').send(services.metrics.text()),
  );

  app.get('/info', { schema: summary('What this server can do. `{version, canStartRuns, runtimeConnected}`') }, async () => ({
    version,
    canStartRuns: services.startRun !== undefined,
    runtimeConnected: services.observer.health().connected,
  }));

  app.get('/runtime/health', { schema: summary('Name, version and modes of the runtime, and how many sessions are followed.') }, async () => {
    const { connected, runtime, problem, following } = services.observer.health();
    return {
      ok: connected,
      runtimeKind: runtime?.name ?? null,
      version: runtime?.version ?? null,
      supportedModes: runtime?.supportedModes ?? [],
      following,
      problem: problem ?? null,
    };
  });
}
