import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { MacpError } from '@macp-agent/protocol';

/** Signature algorithms that a runtime takes by default. */
export type SigningAlgorithm = 'RS256' | 'ES256';

/** A key of the ring, as its file holds it. */
export interface RingKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** When it begins to sign, in Unix milliseconds. It is published before, so that every runtime has it by then. */
  readonly activeFromUnixMs: number;
  /** The private key; its public half is what is published. */
  readonly privateJwk: JWK;
}

/** Times that a rotation takes into account, in milliseconds. */
export interface RingTimes {
  /** How long a runtime may use a key set that it fetched: a new key signs only after this. */
  readonly publishMs: number;
  /** Longest life of a token: a key that signs no more is published this much longer. */
  readonly maxTtlMs: number;
}

/** A token may be checked by a clock that is behind. */
const LEEWAY_MS = 60_000;

/** A new key. `activeFromUnixMs` says when it takes over. */
export async function newRingKey(alg: SigningAlgorithm, activeFromUnixMs: number, kid: string): Promise<RingKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, activeFromUnixMs, privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } };
}

/** A ring of one key that somebody else keeps. Throws INVALID_OPTIONS for a key that cannot sign. */
export async function ringOf(jwk: JWK, alg: SigningAlgorithm): Promise<RingKey[]> {
  const key: RingKey = { kid: jwk.kid ?? 'key-1', alg, activeFromUnixMs: 0, privateJwk: jwk };
  await signingKeyOf(key);
  return [key];
}

/** The key that signs at a time: the newest that is active. */
export function activeKey(keys: readonly RingKey[], nowUnixMs: number): RingKey {
  const [newest] = keys.filter(({ activeFromUnixMs }) => activeFromUnixMs <= nowUnixMs).toSorted((a, b) => b.activeFromUnixMs - a.activeFromUnixMs);
  const key = newest ?? keys[0];
  if (key === undefined) throw new MacpError('INVALID_OPTIONS', 'the key ring is empty; remove its file, and macp auth serve makes a new one');
  return key;
}

/** The keys without those that no valid token can be signed with any more. Pure. */
export function withoutOld(keys: readonly RingKey[], times: RingTimes, nowUnixMs: number): RingKey[] {
  const sorted = keys.toSorted((a, b) => a.activeFromUnixMs - b.activeFromUnixMs);
  // A key signs until the next one takes over; its last token lives as long as a token may.
  return sorted.filter((_key, index) => {
    const next = sorted[index + 1];
    return next === undefined || nowUnixMs < next.activeFromUnixMs + times.maxTtlMs + LEEWAY_MS;
  });
}

/** The published set: public halves only. */
export function publicSet(keys: readonly RingKey[]): { readonly keys: readonly JWK[] } {
  return {
    keys: keys.map(({ kid, alg, privateJwk }) => {
      const { kty, n, e, crv, x, y } = privateJwk;
      return { ...(kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }), kid, alg, use: 'sig' } as JWK;
    }),
  };
}

/** What a token says (agents.md §6.4). */
export interface TokenClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly sender: string;
  readonly scopes: Readonly<Record<string, unknown>>;
  readonly issuedAtUnixMs: number;
  readonly ttlSeconds: number;
}

/** Signs a token with the key that is active when it is issued. */
export async function signToken(keys: readonly RingKey[], { issuer, audience, sender, scopes, issuedAtUnixMs, ttlSeconds }: TokenClaims): Promise<string> {
  const key = activeKey(keys, issuedAtUnixMs);
  const issuedAt = Math.floor(issuedAtUnixMs / 1000);
  return new SignJWT({ macp_scopes: scopes })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sender)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .sign(await signingKeyOf(key));
}

async function signingKeyOf({ privateJwk, alg, kid }: RingKey): Promise<CryptoKey> {
  try {
    const key = await importJWK(privateJwk, alg);
    if (!(key instanceof Uint8Array)) return key;
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `the signing key ${kid} is no private JWK for ${alg}`, { cause: error });
  }
  throw new MacpError('INVALID_OPTIONS', `the signing key ${kid} is a shared secret; use an RSA or EC key for ${alg}`);
}
