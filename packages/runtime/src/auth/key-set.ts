import { importJWK, type CryptoKey, type JWK } from 'jose';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { JwtAlgorithm, KeySource } from './jwt-options.js';

/** A key that one algorithm can use. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithm: JwtAlgorithm;
  readonly key: CryptoKey | Uint8Array;
}

/** The keys in force; rejects when there are none to be had. */
export interface KeySet {
  keys(): Promise<readonly VerificationKey[]>;
}

const DEFAULT_TTL_MS = 300_000;
/** How much longer the last good keys serve while the source cannot be reached. */
const STALE_MS = 3_600_000;
const FETCH_TIMEOUT_MS = 5000;
const MAX_BYTES = 1_048_576;
/** After a failed fetch the source is left alone for this long. */
const RETRY_PAUSE_MS = 1000;

const ALGORITHM_OF: Readonly<Record<string, JwtAlgorithm>> = { RSA: 'RS256', EC: 'ES256', oct: 'HS256' };

/** Keys in hand never expire; keys behind a URL are fetched when asked for, one fetch at a time (runtime.md §3.3). */
export function keySet(source: KeySource, clock: Clock, logger: Logger): KeySet {
  if (!('url' in source)) {
    const inline = importKeys(source.jwks);
    return { keys: () => inline };
  }
  return new FetchedKeySet(source.url, source.ttlMs ?? DEFAULT_TTL_MS, clock, logger);
}

class FetchedKeySet implements KeySet {
  readonly #url: string;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #current: { readonly keys: readonly VerificationKey[]; readonly atUnixMs: number } | undefined;
  #fetching: Promise<readonly VerificationKey[]> | undefined;
  #failedAtUnixMs = Number.NEGATIVE_INFINITY;

  constructor(url: string, ttlMs: number, clock: Clock, logger: Logger) {
    this.#url = url;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#logger = logger;
  }

  keys(): Promise<readonly VerificationKey[]> {
    const current = this.#current;
    const nowUnixMs = this.#clock.nowUnixMs();
    if (current !== undefined && isWithin(nowUnixMs, current.atUnixMs, this.#ttlMs)) return Promise.resolve(current.keys);
    if (isWithin(nowUnixMs, this.#failedAtUnixMs, RETRY_PAUSE_MS))
      return this.#lastGood(new Error(`the key set at ${withoutSecrets(this.#url)} could not be fetched just now`));
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(): Promise<readonly VerificationKey[]> {
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), headers: { accept: 'application/json' } });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const keys = await importKeys(JSON.parse(await boundedText(response)));
      this.#current = { keys, atUnixMs: this.#clock.nowUnixMs() };
      return keys;
    } catch (error) {
      this.#failedAtUnixMs = this.#clock.nowUnixMs();
      const shown = withoutSecrets(this.#url);
      const problem = `the key set at ${shown} cannot be used: ${(error as Error).message.replaceAll(this.#url, shown)}`;
      this.#logger.warn(problem);
      return this.#lastGood(new Error(problem));
    }
  }

  async #lastGood(error: unknown): Promise<readonly VerificationKey[]> {
    const current = this.#current;
    const usable = current !== undefined && isWithin(this.#clock.nowUnixMs(), current.atUnixMs, this.#ttlMs + STALE_MS);
    if (usable) return current.keys;
    throw error;
  }
}

/** What may be logged of an address: neither credentials nor a query, which may hold a key. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return '(no URL)';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** False also for a time that is still to come, because the clock was set back: nobody knows how long ago that was. */
function isWithin(nowUnixMs: number, sinceUnixMs: number, durationMs: number): boolean {
  return nowUnixMs >= sinceUnixMs && nowUnixMs < sinceUnixMs + durationMs;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The usable keys of a set; `use` and `alg` members do not matter, unusable keys are passed over. */
async function importKeys(value: unknown): Promise<readonly VerificationKey[]> {
  const list = typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys) ? (value.keys as JWK[]) : [];
  const results = await Promise.allSettled(list.map(importKey));
  const keys = results.flatMap((result) => (result.status === 'fulfilled' && result.value !== undefined ? [result.value] : []));
  if (keys.length === 0) throw new Error('the key set holds no usable key');
  return keys;
}

async function importKey(jwk: JWK): Promise<VerificationKey | undefined> {
  const algorithm = ALGORITHM_OF[jwk.kty ?? ''];
  if (algorithm === undefined) return undefined;
  const { kid, kty, n, e, x, y, crv, k } = jwk;
  // Only the public parts go on: a private key in the set must not change what the key may be used for.
  const parts = Object.fromEntries(Object.entries({ kty, n, e, x, y, crv, k }).filter(([, part]) => part !== undefined));
  return { kid: typeof kid === 'string' ? kid : undefined, algorithm, key: await importJWK(parts as JWK, algorithm) };
}
