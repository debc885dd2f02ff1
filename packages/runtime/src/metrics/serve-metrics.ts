import { createServer } from 'node:http';
import type { Logger } from '../logger.js';
import type { Counters } from './counters.js';

/** Connections and requests are tiny; whatever is slower than this is not a scraper. */
const TIMEOUT_MS = 5000;

/** A metrics endpoint, or nothing when its address could not be had. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves Prometheus text on every path over plain HTTP/1.1, one request per connection. Never rejects: a failure is logged. */
export function serveMetrics(
  address: { readonly host: string; readonly port: number },
  counters: Counters,
  logger: Logger,
): Promise<MetricsServer | undefined> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', connection: 'close' }).end(counters.toText());
  });
  server.requestTimeout = TIMEOUT_MS;
  server.headersTimeout = TIMEOUT_MS;
  server.unref();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return new Promise((resolve) => {
    server.once('error', (error) => {
      logger.error(`metrics cannot be served on ${address.host}:${address.port}; the runtime goes on without`, { err: error });
      resolve(undefined);
    });
    server.listen(address.port, address.host, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      logger.info(`metrics on ${address.host}:${port}`);
      resolve({ port, close });
    });
  });
}
