import type { Caller } from './identity.js';
import type { JwtVerifier } from './authenticator.js';

/** Where the keys of JWTs come from: a key set in hand, or a URL to fetch it from when the first token comes. */
export type KeySource = { readonly jwks: { readonly keys: readonly object[] } } | { readonly url: string; readonly ttlMs?: number | undefined };

export type JwtAlgorithm = 'RS256' | 'ES256' | 'HS256';

/** How JWTs are verified (runtime.md §3.3). */
export interface JwtOptions {
  /** Must equal the claim `iss`. */
  readonly issuer: string;
  /** Must be in the claim `aud`; default `macp-runtime`. */
  readonly audience?: string | undefined;
  readonly keys: KeySource;
  /** Default RS256 and ES256. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined;
}

/** The verifier; its code is loaded only when JWTs are configured. */
export function jwtVerifier(_options: JwtOptions): JwtVerifier {
  return { verify: (): Promise<Caller | undefined> => Promise.resolve(undefined) };
}
