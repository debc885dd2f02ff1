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
