import type { Server } from 'node:http';
import { silentLogger, type Logger, type TokenSource } from '@macp-agent/core';
import { MacpError } from '@macp-agent/protocol';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.js';
import { cancelRun } from './cancel/cancel-run.js';
import { pauseRun } from './cancel/pause-run.js';
import { countEvents } from './http/count-events.js';
import { isLoopbackName } from './http/guard.js';
import { Metrics } from './http/metrics.js';
import { openCoreLink } from './observer/core-link.js';
import { Observer } from './observer/observer.js';
import { openRun, type OpenRun } from './open-run.js';
import type { RunDescriptor } from './register-run.js';
import type { RuntimeLink } from './observer/runtime-link.js';
import type { ScenarioSummary, Services, StartRun } from './services.js';
import { openFileRunStore } from './store/file-run-store.js';
import { DEFAULT_RETENTION, removeOutlived, type RetentionLimits } from './store/retention.js';
import type { RunStore } from './store/run-store.js';
import { exportTraces, type TraceOptions } from './traces/export-traces.js';

/** What a control plane can be told. */
export interface ControlPlaneOptions {
  /** `host:port` of the runtime. */
  readonly runtimeAddress: string;
  /** Bearer of an identity with `is_observer`, or a function that gives one. It needs no right to send. */
  readonly runtimeToken: string | TokenSource;
  /** TLS when true, plaintext when false; absent: TLS unless `runtimeAllowInsecure`. */
  readonly runtimeSecure?: boolean | undefined;
  /** Permits plaintext to other hosts than this one. */
  readonly runtimeAllowInsecure?: boolean | undefined;
  /** PEM of the authorities to trust; default: those of Node. */
  readonly runtimeRootCertificates?: Buffer | string | undefined;
  /** Default 127.0.0.1. Any other host than this machine's own needs `token`. */
  readonly host?: string | undefined;
  /** Default 3001; 0 lets the system choose. */
  readonly port?: number | undefined;
  /** How many ports to try upwards when `port` is taken; default 0. */
  readonly portTries?: number | undefined;
  /** True when this process has just made the runtime: what earlier ones left unfinished in the record is then ended at the start. Default false. */
  readonly runtimeIsNew?: boolean | undefined;
  /** Folder of the record, used by one control plane at a time. */
  readonly dataDir: string;
  /** How much of the record is kept; default 30 days and 1 GiB. Unfinished runs always are. */
  readonly retention?: Partial<RetentionLimits> | undefined;
  /** Bearer that clients of the API must send; default none, for loopback only. */
  readonly token?: string | undefined;
  /** Further host names that requests may use; default those of this machine, or any when a token is set on another host. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Other web pages that may call the API; default none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Starts a scenario; without it `POST /examples/run` answers 501 and the console shows no form. */
  readonly startRun?: StartRun | undefined;
  /** What the form of the console offers. */
  readonly listScenarios?: (() => Promise<readonly ScenarioSummary[]>) | undefined;
  /** Limit of the call to an initiator's cancel callback; default 5 000 ms. */
  readonly cancelCallbackTimeoutMs?: number | undefined;
  /** How long a cancel waits for the runtime to confirm; default 5 000 ms. */
  readonly cancelConfirmMs?: number | undefined;
  /** Live streams at one time; default 128. */
  readonly maxEventStreams?: number | undefined;
  /** Connections at one time, default 512; further ones are closed. */
  readonly maxConnections?: number | undefined;
  /** Sends a trace of each run that ends to an OpenTelemetry collector; default: none. */
  readonly traces?: TraceOptions | undefined;
  /** Folder of the built console; default: the one of this package. */
  readonly consoleDir?: string | undefined;
  readonly logger?: Logger | undefined;
  /** Default `Date.now`. */
  readonly nowUnixMs?: (() => number) | undefined;
}

/** A running control plane. */
export interface ControlPlane extends AsyncDisposable {
  /** Base URL of API and console, ending in `/`. */
  readonly url: string;
  readonly port: number;
  /**
   * Registers a run whose agents this process starts, best before it starts them. What the result is told shows in the console
   * beside what the session shows: the cancel callback, refusals of messages, and that no session came.
   */
  openRun(descriptor: RunDescriptor): Promise<OpenRun>;
  /** Ends streams, stops observing and stores what was seen. Idempotent. */
  close(): Promise<void>;
}

/**
 * Observes a runtime and serves what it saw: HTTP API and console on one port. It does not wait for the runtime: an unreachable one
 * is tried again for ever, and `/readyz` says so. Throws MacpError INVALID_OPTIONS for an unsafe bind or a taken port or folder.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { host = '127.0.0.1', logger = silentLogger, nowUnixMs = Date.now, token } = options;
  const local = isLoopbackName(host);
  if (!local && (token === undefined || token.length < 16)) {
    throw new MacpError(
      'INVALID_OPTIONS',
      `serving on ${host} shows every run to the network: give a token of at least 16 characters, or keep the host 127.0.0.1`,
    );
  }
  const store = await openFileRunStore({ dataDir: options.dataDir, logger, nowUnixMs });
  const closing = new AbortController();
  const started: Started = {};
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= stop(closing, started, store));
  try {
    const link = (started.link = openCoreLink({
      address: options.runtimeAddress,
      token: options.runtimeToken,
      secure: options.runtimeSecure,
      allowInsecure: options.runtimeAllowInsecure,
      rootCertificates: options.runtimeRootCertificates,
      logger,
    }));
    const observer = (started.observer = new Observer({
      link,
      store,
      logger,
      nowUnixMs,
      retryBaseMs: 100,
      retryMaxMs: 5_000,
      drainMs: 5_000,
      sweepMs: 5_000,
      bindGraceMs: 60_000,
    }));
    const services = makeServices(options, { store, link, observer, nowUnixMs, closing: closing.signal });
    if (options.traces !== undefined) started.endTraces = exportTraces(options.traces, { store, logger, metrics: services.metrics });
    const allowedHosts = options.allowedHosts ?? (local ? [] : ['*']);
    const app = (started.app = await buildApp({
      services,
      logger,
      guard: { token, allowedHosts, allowedOrigins: options.allowedOrigins ?? [] },
      consoleDir: options.consoleDir,
      maxConnections: options.maxConnections,
    }));
    if (options.runtimeIsNew === true) await observer.endLeft();
    await keepWithin(store, { ...DEFAULT_RETENTION, ...options.retention }, logger, nowUnixMs, closing.signal);
    observer.start();
    const port = await listen(app, host, options.port ?? 3001, options.portTries ?? 0);
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
    return { url, port, openRun: (descriptor) => openRun(store, descriptor, nowUnixMs), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Removes what is over the limits, now and from time to time. */
async function keepWithin(store: RunStore, limits: RetentionLimits, logger: Logger, nowUnixMs: () => number, closing: AbortSignal): Promise<void> {
  const once = async (): Promise<void> => {
    try {
      const removed = await removeOutlived(store, limits, nowUnixMs());
      if (removed.length > 0) logger.info('removed records over the limits of retention', { runs: removed.length, ...limits });
    } catch (error) {
      logger.error('removing old records failed; check the rights of the data folder', { error: String(error) });
    }
  };
  await once();
  const timer = setInterval(() => void once(), RETENTION_EVERY_MS).unref();
  closing.addEventListener('abort', () => clearInterval(timer), { once: true });
}

const RETENTION_EVERY_MS = 60_000;

interface Parts {
  readonly store: RunStore;
  readonly link: RuntimeLink;
  readonly observer: Observer;
  readonly nowUnixMs: () => number;
  readonly closing: AbortSignal;
}

function makeServices(options: ControlPlaneOptions, parts: Parts): Services {
  const { store, link, observer } = parts;
  const metrics = new Metrics();
  countEvents(store, metrics);
  metrics.gauge('active_runtime_streams', () => observer.health().following);
  metrics.gauge('macp_runtime_connected', () => Number(observer.health().connected));
  metrics.gauge('macp_runs', () => store.list().length);
  const onState = observer.onState.bind(observer);
  const cancelParts = {
    store,
    link,
    callbackTimeoutMs: options.cancelCallbackTimeoutMs ?? 5_000,
    confirmMs: options.cancelConfirmMs ?? 5_000,
    onState,
  };
  return {
    ...parts,
    metrics,
    cancel: (run, reason, signal) => cancelRun(cancelParts, run, reason, signal),
    pause: (run, what, reason, signal) => pauseRun({ store, link, onState, confirmMs: cancelParts.confirmMs }, run, what, reason, signal),
    startRun: options.startRun,
    listScenarios: options.listScenarios,
    maxEventStreams: options.maxEventStreams ?? 128,
  };
}

interface Started {
  link?: RuntimeLink;
  observer?: Observer;
  app?: FastifyInstance;
  endTraces?: () => Promise<void>;
}

/** Streams end first, so that closing the server does not wait for their readers. */
async function stop(closing: AbortController, started: Started, store: RunStore): Promise<void> {
  closing.abort();
  await started.app?.close();
  await started.observer?.close();
  await started.link?.close();
  await started.endTraces?.();
  await store.close();
}

async function listen(app: FastifyInstance, host: string, port: number, tries: number): Promise<number> {
  for (let next = port; ; next += 1) {
    try {
      await app.listen({ host, port: next });
      return portOf(app.server, next);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      if (port === 0 || next >= port + tries)
        throw new MacpError('INVALID_OPTIONS', `port ${port} of ${host} is taken; give another port, or 0 to let the system choose`, { cause: error });
    }
  }
}

function portOf(server: Server, fallback: number): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : fallback;
}
