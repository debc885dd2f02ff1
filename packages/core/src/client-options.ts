import type { AuthConfig } from './auth.js';
import { MacpSdkError } from './errors.js';
import type { Logger } from './logger.js';

/** Where the runtime is and how to talk to it. */
export interface ClientOptions {
  /** `host:port`; a leading `grpc://`, `http://` or `https://` is dropped. */
  readonly address: string;
  /** TLS when true, plaintext when false; absent = TLS, unless `allowInsecure` is true. */
  readonly secure?: boolean | undefined;
  /** Permits plaintext to other hosts than this one; alone (without `secure`) it means plaintext. */
  readonly allowInsecure?: boolean | undefined;
  /** Credential of calls that name none. */
  readonly auth?: AuthConfig | undefined;
  /** PEM of the certificate authorities to trust; default: those of Node. */
  readonly rootCertificates?: Buffer | string | undefined;
  /** PEM pair for a runtime that asks clients for a certificate. */
  readonly clientCertificate?: { readonly cert: Buffer | string; readonly key: Buffer | string } | undefined;
  /** Name to expect in the runtime's certificate when it differs from the host of `address`. */
  readonly serverName?: string | undefined;
  /** Limit of calls that name none, retries included, in milliseconds; default 10 000. */
  readonly defaultTimeoutMs?: number | undefined;
  /** Alias of `defaultTimeoutMs`. */
  readonly defaultDeadlineMs?: number | undefined;
  /** Interval of GetSession where a runtime has no WatchSessions, and for suspended sessions; default 5 000 ms. */
  readonly lifecyclePollMs?: number | undefined;
  /** Sent in Initialize; default `macp-agent-core`. */
  readonly clientName?: string | undefined;
  /** Sent in Initialize; default the version of this package. */
  readonly clientVersion?: string | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

/** What `resolveClientOptions` made of the options: what is connected to, and how. */
export interface ResolvedClientOptions {
  readonly address: string;
  readonly plaintext: boolean;
  readonly loopback: boolean;
  readonly defaultTimeoutMs: number;
  readonly lifecyclePollMs: number;
  readonly clientName: string;
  readonly clientVersion: string;
  /** To be logged once. */
  readonly warnings: readonly string[];
}

/** Version of this package. */
export const VERSION = '0.1.0';

const SCHEME = /^(?:grpcs?|https?):\/\//;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_POLL_MS = 5_000;
/** The longest delay that Node's timers take. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The connection rules, pure. TLS unless plaintext is asked for by name: `secure: false` alone reaches this host only, with a
 * warning; other hosts need `allowInsecure: true` as well; `allowInsecure: true` without `secure` is plaintext.
 * Throws MacpSdkError INVALID_OPTIONS.
 */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  const address = options.address.trim().replace(SCHEME, '').replace(/\/+$/, '');
  const host = hostOf(address);
  if (host === '') throw new MacpSdkError('INVALID_OPTIONS', `address "${options.address}" names no host; give host:port`);
  const loopback = isLoopback(host);
  const plaintext = options.secure === undefined ? options.allowInsecure === true : !options.secure;
  const warnings: string[] = [];
  if (plaintext && options.allowInsecure !== true) {
    if (!loopback) {
      throw new MacpSdkError(
        'INVALID_OPTIONS',
        `MacpClient requires TLS. secure: false would send the token unencrypted to ${host}; leave secure out, or add allowInsecure: true to accept that`,
      );
    }
    warnings.push(`plaintext connection to ${address}: fine on this host; other hosts also need allowInsecure: true`);
  } else if (plaintext && !loopback) {
    warnings.push(`plaintext connection to ${address}: the bearer token and all messages are readable on the network`);
  }
  if (plaintext && (options.rootCertificates !== undefined || options.clientCertificate !== undefined)) {
    throw new MacpSdkError(
      'INVALID_OPTIONS',
      `certificates were given for the plaintext connection to ${address}; remove secure/allowInsecure, or the certificates`,
    );
  }
  const defaultTimeoutMs = options.defaultTimeoutMs ?? options.defaultDeadlineMs ?? DEFAULT_TIMEOUT_MS;
  return {
    address,
    plaintext,
    loopback,
    defaultTimeoutMs: checkTimeout(defaultTimeoutMs, 'defaultTimeoutMs'),
    lifecyclePollMs: checkTimeout(options.lifecyclePollMs ?? DEFAULT_POLL_MS, 'lifecyclePollMs'),
    clientName: options.clientName ?? 'macp-agent-core',
    clientVersion: options.clientVersion ?? VERSION,
    warnings,
  };
}

/** The limit when it is one; else MacpSdkError INVALID_OPTIONS. */
export function checkTimeout(timeoutMs: number, name: string): number {
  if (timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
  throw new MacpSdkError('INVALID_OPTIONS', `${name} must be between 1 and ${MAX_TIMEOUT_MS} milliseconds, got ${timeoutMs}`);
}

/** Host of `host:port`, `[v6]:port`, `unix:path` or a resolver target such as `dns:///host:port`. */
function hostOf(address: string): string {
  if (address.startsWith('unix:')) return 'unix';
  const target = address.replace(/^(?:dns|ipv4|ipv6):\/*/, '');
  const bracketed = /^\[([^\]]+)\]/.exec(target);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  // More than one colon without brackets is a bare IPv6 address.
  return target.split(':').length > 2 ? target : (target.split(':')[0] ?? '');
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'unix' || name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
