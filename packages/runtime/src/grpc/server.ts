import { createSecureContext } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { MacpError } from '@macp-agent/protocol';
import type { Clock } from '../clock.js';
import type { ServiceContext } from './context.js';
import { requestTimeout } from './request-timeout.js';
import { addServices } from './service.js';
import { failure } from './status.js';

/** PEM texts of a server certificate chain and its key. */
export interface TlsFiles {
  readonly cert: Buffer | string;
  readonly key: Buffer | string;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly maxConcurrentStreams: number;
}

/** What a gRPC message may hold beside the payload of its envelope (runtime.md §15.1). */
const MESSAGE_OVERHEAD_BYTES = 65_536;
const KEEPALIVE_MS = 30_000;

/** A listening gRPC server. */
export interface RunningServer {
  readonly port: number;
  /** Refuses new calls, ends streams with UNAVAILABLE, waits for the rest, and cuts what is left after the grace time. */
  close(graceMs: number): Promise<void>;
}

/** Listens; fails with INVALID_OPTIONS for a bad key pair and an address that cannot be had. */
export async function listen(context: ServiceContext, settings: ServerSettings): Promise<RunningServer> {
  const server = new Server({
    'grpc.max_receive_message_length': context.maxPayloadBytes + MESSAGE_OVERHEAD_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': settings.maxConcurrentStreams,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    interceptors: [requestTimeout(context.clock, context.requestTimeoutMs)],
  });
  addServices(server, context);
  const credentials = credentialsOf(settings.tls);
  const host = settings.host.includes(':') && !settings.host.startsWith('[') ? `[${settings.host}]` : settings.host;
  const address = `${host}:${settings.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else
        reject(
          new MacpError('INVALID_OPTIONS', `cannot listen on ${address}: ${error.message}. Choose another address or stop what uses it.`, { cause: error }),
        );
    });
  });
  return { port, close: (graceMs) => shutDown(server, context, graceMs) };
}

function credentialsOf(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const cert = Buffer.from(tls.cert);
  const key = Buffer.from(tls.key);
  try {
    createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', 'the TLS certificate and key are not a usable pair of PEM files', { cause: error });
  }
  return ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]);
}

function shutDown(server: Server, { clock, streams }: { clock: Clock; streams: ServiceContext['streams'] }, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancelForce = clock.after(graceMs, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      cancelForce();
      resolve();
    });
    for (const stream of streams) stream.fail(failure('UNAVAILABLE', 'the runtime is shutting down; connect again'));
  });
}
