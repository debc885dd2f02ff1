import { readFileSync } from 'node:fs';
import type { TokenIdentity } from './auth/authenticator.js';
import type { JwtAlgorithm, JwtOptions } from './auth/jwt-options.js';
import { parseTokenDocument } from './auth/token-document.js';
import { flag, lenientInteger, refuseVariable, socketAddress, strictInteger, strictText, text, type Env } from './config-values.js';
import type { TlsFiles } from './grpc/server.js';
import { loadPoliciesDir } from './load-policies-dir.js';
import type { RuntimeOptions, SessionVisibility } from './runtime-options.js';

/** What the environment says, checked; nothing is read from it later but the token file. */
export interface RuntimeProcessConfig {
  readonly options: RuntimeOptions;
  /** The file of static tokens, read again on SIGHUP. */
  readonly tokensFile: string | undefined;
  /** Longest time that the end may take, in milliseconds. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  /** What was passed over; said once the log runs. */
  readonly warnings: readonly string[];
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

const DEFAULT_ADDRESS = '127.0.0.1:50051';
const DEFAULT_DATA_DIR = '.macp-data';
const JWT_ALGORITHMS: readonly JwtAlgorithm[] = ['RS256', 'ES256', 'HS256'];

/**
 * Reads the variables of the reference runtime (runtime.md §1.1) and the files they name. Strict ones refuse with
 * MacpError INVALID_OPTIONS, whose message begins with the name of the variable; lenient ones fall back in silence.
 */
export function loadRuntimeConfig(env: Env): RuntimeProcessConfig {
  const warnings: string[] = [];
  const { host, port } = socketAddress(env, 'MACP_BIND_ADDR', DEFAULT_ADDRESS);
  const insecure = flag(env, 'MACP_ALLOW_INSECURE');
  const tls = readTls(env);
  const limits = {
    maxPayloadBytes: strictInteger(env, 'MACP_MAX_PAYLOAD_BYTES', 1_048_576, 1),
    sessionStartsPerMinute: strictInteger(env, 'MACP_SESSION_START_LIMIT_PER_MINUTE', 60, 1),
    messagesPerMinute: strictInteger(env, 'MACP_MESSAGE_LIMIT_PER_MINUTE', 600, 1),
    maxConcurrentStreams: lenientInteger(env, 'MACP_MAX_CONCURRENT_STREAMS', 128) || 128,
    requestTimeoutMs: (lenientInteger(env, 'MACP_REQUEST_TIMEOUT_SECS', 30) || 30) * 1000,
  };
  if (strictInteger(env, 'MACP_CHECKPOINT_INTERVAL', 0, 0) > 0)
    warnings.push('MACP_CHECKPOINT_INTERVAL has no effect here: this log is replayed from its start');
  if (text(env, 'MACP_CONCURRENCY_LIMIT_PER_CONNECTION') !== undefined)
    warnings.push('MACP_CONCURRENCY_LIMIT_PER_CONNECTION has no effect here: MACP_MAX_CONCURRENT_STREAMS limits what one connection does at a time');
  const dataDir = readStorage(env);
  const policiesDir = strictText(env, 'MACP_POLICIES_DIR');
  const policies = policiesDir === undefined ? [] : loadPoliciesDir(policiesDir);
  const tokens = readTokens(env, warnings);
  const jwt = readJwt(env, warnings);
  if (tokens.identities.length === 0 && jwt === undefined && !insecure) {
    throw refuseVariable(
      'MACP_AUTH_TOKENS_FILE',
      'no working authentication. Set it or MACP_AUTH_TOKENS_JSON, or MACP_AUTH_ISSUER with MACP_AUTH_JWKS_URL or MACP_AUTH_JWKS_JSON; for development only, MACP_ALLOW_INSECURE=1',
    );
  }
  if (tls === undefined && !insecure) throw refuseVariable('MACP_TLS_CERT_PATH', 'TLS needs it and MACP_TLS_KEY_PATH; plaintext needs MACP_ALLOW_INSECURE=1');
  const options: RuntimeOptions = {
    host,
    port,
    tls,
    limits,
    dataDir,
    policies,
    policiesReadOnly: policiesDir !== undefined,
    watchPoliciesAuth: flag(env, 'MACP_WATCH_POLICIES_AUTH'),
    sessionVisibility: readVisibility(env),
    identities: tokens.identities,
    jwt,
    strictRecovery: flag(env, 'MACP_STRICT_RECOVERY'),
    retention: {
      sweepIntervalMs: (lenientInteger(env, 'MACP_CLEANUP_INTERVAL_SECS', 60) || 60) * 1000,
      memoryMs: lenientInteger(env, 'MACP_SESSION_RETENTION_SECS', 3600) * 1000,
      diskMs: lenientInteger(env, 'MACP_SESSION_DISK_RETENTION_SECS', 0) * 1000,
    },
    metrics: readMetrics(env, warnings),
  };
  return Object.freeze({
    options,
    tokensFile: tokens.file,
    drainMs: lenientInteger(env, 'MACP_SHUTDOWN_DRAIN_SECS', 10) * 1000,
    logLevel: readLogLevel(env),
    warnings,
  });
}

/** The identities of a token file; throws INVALID_OPTIONS that names the variable and the file, never a token. */
export function loadTokensFile(path: string, warnings: string[] = []): readonly TokenIdentity[] {
  return parseTokens('MACP_AUTH_TOKENS_FILE', readFile('MACP_AUTH_TOKENS_FILE', path).toString('utf8'), warnings, ` ${path}`);
}

function readTokens(env: Env, warnings: string[]): { identities: readonly TokenIdentity[]; file: string | undefined } {
  const inline = strictText(env, 'MACP_AUTH_TOKENS_JSON');
  if (inline !== undefined) return { identities: parseTokens('MACP_AUTH_TOKENS_JSON', inline, warnings), file: undefined };
  const file = strictText(env, 'MACP_AUTH_TOKENS_FILE');
  return { identities: file === undefined ? [] : loadTokensFile(file, warnings), file };
}

function parseTokens(name: string, json: string, warnings: string[], where = ''): readonly TokenIdentity[] {
  const document = parseTokenDocument(json);
  if (!document.ok) throw refuseVariable(name, `the token list${where} cannot be used: ${document.problem}`);
  warnings.push(...document.warnings.map((warning) => `${name}${where}: ${warning}`));
  return document.identities;
}

function readJwt(env: Env, warnings: string[]): JwtOptions | undefined {
  const issuer = text(env, 'MACP_AUTH_ISSUER');
  if (issuer === undefined) return undefined;
  const common = { issuer, audience: text(env, 'MACP_AUTH_AUDIENCE') ?? 'macp-runtime', algorithms: readAlgorithms(env, warnings) };
  const inline = env['MACP_AUTH_JWKS_JSON'];
  if (inline !== undefined) {
    const jwks = parseKeySet(inline);
    if (jwks !== undefined) return { ...common, keys: { jwks } };
    warnings.push('MACP_AUTH_JWKS_JSON is not a JSON key set; JWTs are not accepted');
    return undefined;
  }
  const url = text(env, 'MACP_AUTH_JWKS_URL');
  if (url !== undefined) return { ...common, keys: { url, ttlMs: lenientInteger(env, 'MACP_AUTH_JWKS_TTL_SECS', 300) * 1000 } };
  warnings.push('MACP_AUTH_ISSUER has no effect without MACP_AUTH_JWKS_JSON or MACP_AUTH_JWKS_URL');
  return undefined;
}

function parseKeySet(json: string): { keys: object[] } | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
    return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null) ? { keys } : undefined;
  } catch {
    // The caller says so; what is wrong inside is not quoted, an oct key is a secret.
    return undefined;
  }
}

function readAlgorithms(env: Env, warnings: string[]): readonly JwtAlgorithm[] {
  const wanted = (env['MACP_AUTH_JWT_ALGS'] ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const known = wanted.flatMap((word) => JWT_ALGORITHMS.find((algorithm) => algorithm === word.toUpperCase()) ?? []);
  if (known.length < wanted.length) warnings.push(`MACP_AUTH_JWT_ALGS: only ${JWT_ALGORITHMS.join(', ')} are known; the others are passed over`);
  return known.length > 0 ? known : ['RS256', 'ES256'];
}

function readTls(env: Env): TlsFiles | undefined {
  const [certPath, keyPath] = [strictText(env, 'MACP_TLS_CERT_PATH'), strictText(env, 'MACP_TLS_KEY_PATH')];
  const cert = certPath === undefined ? undefined : readFile('MACP_TLS_CERT_PATH', certPath);
  const key = keyPath === undefined ? undefined : readFile('MACP_TLS_KEY_PATH', keyPath);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** The folder of the durable log; undefined for memory only. */
function readStorage(env: Env): string | undefined {
  const backend = strictText(env, 'MACP_STORAGE_BACKEND') ?? 'file';
  if (backend !== 'file')
    throw refuseVariable('MACP_STORAGE_BACKEND', `this runtime stores in files only, not in ${backend}; use file, or the reference runtime`);
  return flag(env, 'MACP_MEMORY_ONLY') ? undefined : (text(env, 'MACP_DATA_DIR') ?? DEFAULT_DATA_DIR);
}

/** A misspelt word must not show more than was meant. */
function readVisibility(env: Env): SessionVisibility {
  const word = text(env, 'MACP_SESSION_VISIBILITY') ?? 'all';
  if (word !== 'all' && word !== 'participants') throw refuseVariable('MACP_SESSION_VISIBILITY', 'must be all or participants');
  return word;
}

/** An address that cannot be had is no reason not to start. */
function readMetrics(env: Env, warnings: string[]): RuntimeOptions['metrics'] {
  if (text(env, 'MACP_METRICS_ADDR') === undefined) return undefined;
  try {
    return socketAddress(env, 'MACP_METRICS_ADDR', '127.0.0.1:9090');
  } catch (error) {
    warnings.push(`no metrics: ${(error as Error).message}`);
    return undefined;
  }
}

function readLogLevel(env: Env): LogLevel {
  const word = (env['RUST_LOG'] ?? '').split(',')[0]?.trim().toLowerCase();
  if (word === 'off') return 'silent';
  return word === 'trace' || word === 'debug' || word === 'warn' || word === 'error' ? word : 'info';
}

function readFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw refuseVariable(name, `the file ${path} cannot be read`, error);
  }
}
