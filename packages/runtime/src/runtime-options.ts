import { MacpError, type PolicyDefinition } from '@macp-agent/protocol';
import type { TokenIdentity } from './auth/authenticator.js';
import type { JwtOptions } from './auth/jwt-options.js';
import { systemClock, type Clock } from './clock.js';
import type { TlsFiles } from './grpc/server.js';
import { silentLogger, type Logger } from './logger.js';

/** How much a runtime takes. Rates are not limited unless set. */
export interface RuntimeLimits {
  /** Largest `Envelope.payload`, in bytes; default 1 048 576. More is PAYLOAD_TOO_LARGE. */
  readonly maxPayloadBytes?: number | undefined;
  /** SessionStarts of one sender in a sliding minute; default no limit. More is RATE_LIMITED. */
  readonly sessionStartsPerMinute?: number | undefined;
  /** All other messages of one sender in a sliding minute; default no limit. */
  readonly messagesPerMinute?: number | undefined;
  /** HTTP/2 streams of one connection; default 1000. */
  readonly maxConcurrentStreams?: number | undefined;
  /** Longest time from a unary request to its answer, in milliseconds; default 30 000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Open streams of one session, and of one watch; default 1000. The next one ends with RESOURCE_EXHAUSTED. */
  readonly maxSubscribers?: number | undefined;
}

/** Whose sessions the listings show. */
export type SessionVisibility = 'all' | 'participants';

/** How long finished sessions are kept, counted from their start. */
export interface RetentionOptions {
  /** How often the sweep looks, in milliseconds; default 60 000. */
  readonly sweepIntervalMs?: number | undefined;
  /** In memory, and so replayable and readable, in milliseconds; default 3 600 000. */
  readonly memoryMs?: number | undefined;
  /** On disk, in milliseconds; default 0, for ever. */
  readonly diskMs?: number | undefined;
}

/** What an embedded runtime can be told; every part is optional. */
export interface RuntimeOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: the system chooses, and `Runtime.port` tells. */
  readonly port?: number | undefined;
  /** Static bearer tokens, without dots. None, and no `jwt`: development mode, where any bearer value is the sender. */
  readonly identities?: readonly TokenIdentity[] | undefined;
  /** Accept JWTs too. */
  readonly jwt?: JwtOptions | undefined;
  /** Serve TLS (1.2 or later); default plaintext. */
  readonly tls?: TlsFiles | undefined;
  readonly limits?: RuntimeLimits | undefined;
  /** Registered before the first call. */
  readonly policies?: readonly PolicyDefinition[] | undefined;
  /** True closes the policy registry over the wire; default false. */
  readonly policiesReadOnly?: boolean | undefined;
  /** True: WatchPolicies asks for a credential, as later reference runtimes do; default false. */
  readonly watchPoliciesAuth?: boolean | undefined;
  /**
   * Whose sessions ListSessions and WatchSessions show: default `all`, to every identity, as in the reference runtime;
   * `participants`: those that the caller takes part in, and all to observers.
   */
  readonly sessionVisibility?: SessionVisibility | undefined;
  /** Folder of the durable session log, for one runtime at a time; absent: sessions live in memory only. */
  readonly dataDir?: string | undefined;
  /** True: a damaged session stops the start; default false, where it is left out with a warning. */
  readonly strictRecovery?: boolean | undefined;
  readonly retention?: RetentionOptions | undefined;
  /** Where Prometheus text is served, plain HTTP; default nowhere. An address that cannot be had is only logged. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** Gives the start up with ABORTED, leaving nothing open; no effect on a runtime that has started, which `close()` ends. */
  readonly signal?: AbortSignal | undefined;
  /** Default the clock of this machine. */
  readonly clock?: Clock | undefined;
  /** Default silent. */
  readonly logger?: Logger | undefined;
}

/** The same with every default in place. */
export interface ResolvedOptions {
  readonly host: string;
  readonly port: number;
  readonly identities: readonly TokenIdentity[] | undefined;
  readonly jwt: JwtOptions | undefined;
  readonly tls: TlsFiles | undefined;
  readonly limits: {
    readonly maxPayloadBytes: number;
    readonly sessionStartsPerMinute: number | undefined;
    readonly messagesPerMinute: number | undefined;
    readonly maxConcurrentStreams: number;
    readonly requestTimeoutMs: number;
    readonly maxSubscribers: number;
  };
  readonly policies: readonly PolicyDefinition[];
  readonly policiesReadOnly: boolean;
  readonly watchPoliciesAuth: boolean;
  readonly sessionVisibility: SessionVisibility;
  readonly dataDir: string | undefined;
  readonly strictRecovery: boolean;
  readonly retention: { readonly sweepIntervalMs: number; readonly memoryMs: number; readonly diskMs: number };
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Fills defaults in; throws INVALID_OPTIONS that names the first option it cannot use. */
export function resolveOptions(options: RuntimeOptions): ResolvedOptions {
  const { limits = {}, retention = {}, identities = [] } = options;
  const port = options.port ?? 0;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) invalid('port', 'a whole number from 0 to 65535');
  for (const { token, sender } of identities) {
    if (token === '' || token.includes('.')) invalid('identities', `tokens that are not empty and hold no dot; look at that of ${sender}`);
    if (sender === '') invalid('identities', 'senders that are not empty');
  }
  return {
    host: options.host ?? '127.0.0.1',
    port,
    identities: identities.length === 0 ? undefined : identities,
    jwt: options.jwt,
    tls: options.tls,
    limits: {
      maxPayloadBytes: positive('limits.maxPayloadBytes', limits.maxPayloadBytes ?? 1_048_576),
      sessionStartsPerMinute: optional('limits.sessionStartsPerMinute', limits.sessionStartsPerMinute),
      messagesPerMinute: optional('limits.messagesPerMinute', limits.messagesPerMinute),
      maxConcurrentStreams: positive('limits.maxConcurrentStreams', limits.maxConcurrentStreams ?? 1000),
      requestTimeoutMs: positive('limits.requestTimeoutMs', limits.requestTimeoutMs ?? 30_000),
      maxSubscribers: positive('limits.maxSubscribers', limits.maxSubscribers ?? 1000),
    },
    policies: options.policies ?? [],
    policiesReadOnly: options.policiesReadOnly ?? false,
    watchPoliciesAuth: options.watchPoliciesAuth ?? false,
    sessionVisibility: options.sessionVisibility ?? 'all',
    dataDir: options.dataDir,
    strictRecovery: options.strictRecovery ?? false,
    retention: {
      sweepIntervalMs: positive('retention.sweepIntervalMs', retention.sweepIntervalMs ?? 60_000),
      memoryMs: retention.memoryMs ?? 3_600_000,
      diskMs: retention.diskMs ?? 0,
    },
    metrics: options.metrics,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}

function positive(name: string, value: number): number {
  return Number.isInteger(value) && value >= 1 ? value : invalid(name, 'a whole number of at least 1');
}

function optional(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : positive(name, value);
}

function invalid(name: string, wanted: string): never {
  throw new MacpError('INVALID_OPTIONS', `startRuntime: ${name} must be ${wanted}`);
}
