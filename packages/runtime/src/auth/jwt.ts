import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { JwtVerifier } from './authenticator.js';

/** Where the keys of JWTs come from: a key set in hand, or a URL to fetch it from when the first token comes. */
export type KeySource =
  | { readonly jwks: { readonly keys: readonly object[] } }
  | {
      readonly url: string;
      /** How long a fetched set is used, in milliseconds; default 300 000. */
      readonly ttlMs?: number | undefined;
    };

export type JwtAlgorithm = 'RS256' | 'ES256' | 'HS256';

/** How JWTs are verified (runtime.md §3.3). */
export interface JwtOptions {
  /** Must equal the claim `iss`. */
  readonly issuer: string;
  /** Must be in the claim `aud`; default `macp-runtime`. */
  readonly audience?: string | undefined;
  readonly keys: KeySource;
  /** Default RS256 and ES256; HS256 only when named here. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined;
}

/** The verifier. Its code, and jose with it, is loaded with the first token. */
export function jwtVerifier(options: JwtOptions, clock: Clock, logger: Logger): JwtVerifier {
  let loaded: Promise<JwtVerifier> | undefined;
  return {
    async verify(token) {
      loaded ??= import('./jose-verifier.js').then(({ createJoseVerifier }) => createJoseVerifier(options, clock, logger));
      return (await loaded).verify(token);
    },
  };
}
