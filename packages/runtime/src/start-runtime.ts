import { MacpError } from '@macp-agent/protocol';
import { ResolverChain, type TokenIdentity } from './auth/authenticator.js';
import { jwtVerifier } from './auth/jwt.js';
import { policiesFrame } from './grpc/handlers/watches.js';
import type { Outbox } from './grpc/outbox.js';
import { listen, type RunningServer } from './grpc/server.js';
import { Hub } from './hub/hub.js';
import { Kernel } from './kernel/kernel.js';
import { recoverSessions } from './kernel/recover.js';
import { FileLog } from './log/file-log.js';
import { MemoryLog } from './log/memory-log.js';
import { Counters } from './metrics/counters.js';
import { ModeRegistry } from './registry/mode-registry.js';
import { PolicyRegistry } from './registry/policy-registry.js';
import { resolveOptions, type RuntimeOptions } from './runtime-options.js';
import { RUNTIME_VERSION } from './version.js';

/** A running MACP runtime. */
export interface Runtime extends AsyncDisposable {
  /** `host:port` as it is listened on. */
  readonly address: string;
  readonly port: number;
  /** Of the metrics endpoint; undefined without one. */
  readonly metricsPort: number | undefined;
  /** Exchanges the static tokens. Open streams keep the identity they were opened with. */
  replaceIdentities(identities: readonly TokenIdentity[]): void;
  /**
   * Stops: refuses new calls, ends streams with UNAVAILABLE, lets the others finish, cuts what is left after `graceMs`
   * (default 2000), and closes the log. Calling it again waits for the same end.
   */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 2000;

/**
 * Starts the MACP gRPC service in this process. Without options it listens on a free port of 127.0.0.1 in development
 * mode, in memory. Rejects with MacpError INVALID_OPTIONS when an option cannot be used, ABORTED when `signal` fired before it was up.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const resolved = resolveOptions(options);
  const { signal } = options;
  checkWanted(signal);
  const { clock, logger, limits, retention } = resolved;
  const hub = new Hub();
  const counters = new Counters();
  const modes = new ModeRegistry(() => hub.publishModesChanged(clock.nowUnixMs()));
  const policies = new PolicyRegistry({
    readOnly: resolved.policiesReadOnly,
    changed: () => hub.publishPolicies(() => policiesFrame(policies.list(''), clock.nowUnixMs())),
  });
  for (const policy of resolved.policies) {
    const refused = policies.register(policy, clock.nowUnixMs());
    if (refused !== undefined) throw new MacpError('INVALID_OPTIONS', `startRuntime: a policy cannot be used: ${refused}`);
  }
  const authenticator = new ResolverChain(resolved.identities, resolved.jwt === undefined ? undefined : jwtVerifier(resolved.jwt, clock, logger));
  const log = resolved.dataDir === undefined ? new MemoryLog() : await FileLog.open(resolved.dataDir, { logger, signal });
  const kernel = new Kernel({
    clock,
    logger,
    log,
    hub,
    counters,
    modes,
    policies,
    rateLimits: limits,
    sweepIntervalMs: retention.sweepIntervalMs,
    retentionMs: retention.memoryMs,
    diskRetentionMs: retention.diskMs,
  });
  const streams = new Set<Outbox>();
  const context = {
    kernel,
    hub,
    authenticator,
    modes,
    policies,
    clock,
    logger,
    counters,
    maxPayloadBytes: limits.maxPayloadBytes,
    requestTimeoutMs: limits.requestTimeoutMs,
    maxSubscribers: limits.maxSubscribers,
    watchPoliciesAuth: resolved.watchPoliciesAuth,
    sessionVisibility: resolved.sessionVisibility,
    streams,
  };
  let server: RunningServer;
  try {
    await recoverSessions(kernel, resolved.strictRecovery);
    checkWanted(signal);
    server = await listen(context, { host: resolved.host, port: resolved.port, tls: resolved.tls, maxConcurrentStreams: limits.maxConcurrentStreams });
  } catch (error) {
    kernel.close();
    await log.close();
    throw error;
  }
  const metrics =
    resolved.metrics === undefined ? undefined : await (await import('./metrics/serve-metrics.js')).serveMetrics(resolved.metrics, counters, logger);
  const address = `${resolved.host.includes(':') ? `[${resolved.host}]` : resolved.host}:${server.port}`;
  logger.debug(`runtime ${RUNTIME_VERSION} serves ${address}`);

  let closing: Promise<void> | undefined;
  const close = (graceMs = DEFAULT_GRACE_MS): Promise<void> =>
    (closing ??= (async () => {
      await server.close(graceMs);
      kernel.close();
      await metrics?.close();
      await log.close();
    })());
  try {
    checkWanted(signal);
  } catch (error) {
    await close(0);
    throw error;
  }
  return {
    address,
    port: server.port,
    metricsPort: metrics?.port,
    replaceIdentities: (identities) => authenticator.replaceTokens(identities),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function checkWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MacpError('ABORTED', 'startRuntime was cancelled by the caller', { cause: signal.reason });
}
