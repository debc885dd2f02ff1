import { error, ok, type Finding } from './finding.js';

/** What a runtime is known to ask of JWTs; every part may be unknown. */
export interface JwtExpectation {
  readonly issuer?: string | undefined;
  /** Default `macp-runtime`. */
  readonly audience?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
  /** Key ids of the key set. */
  readonly keyIds?: readonly string[] | undefined;
  /** For an initiator: must be allowed to start sessions. */
  readonly starts?: boolean | undefined;
}

/** A token that cannot work, from its form and claims alone (agents.md §6.4). The signature is not checked. Pure. */
export function judgeToken(token: string, nowUnixMs: number, expected: JwtExpectation = {}): Finding {
  if (!token.includes('.')) return ok('a static token');
  const parts = token.split('.');
  const header = parts.length === 3 ? readPart(parts[0] ?? '') : undefined;
  const claims = parts.length === 3 ? readPart(parts[1] ?? '') : undefined;
  if (header === undefined || claims === undefined)
    return error(
      'step 2',
      'the token contains a dot but is no JWT; a runtime takes it for one and refuses it',
      'make a token without dots: macp onboard <sender>',
    );
  return judgeTimes(claims, nowUnixMs) ?? judgeOrigin(header, claims, expected) ?? judgeScopes(claims, expected) ?? ok('a JWT that has not expired');
}

/** The sender that a JWT names; undefined for a static token. */
export function jwtSubject(token: string): string | undefined {
  const { sub } = readPart(token.split('.')[1] ?? '') ?? {};
  return typeof sub === 'string' ? sub : undefined;
}

type Part = Readonly<Record<string, unknown>>;

function judgeTimes({ exp, nbf }: Part, nowUnixMs: number): Finding | undefined {
  if (typeof exp !== 'number') return error('step 2', 'the JWT has no exp; a runtime refuses it', 'mint it with a ttl: macp auth mint <sender>');
  if (exp * 1000 <= nowUnixMs)
    return error(
      'step 2',
      `the JWT expired ${Math.round(nowUnixMs / 1000 - exp)} s ago`,
      'get a new one, with a longer ttl_seconds; long-running agents renew it with Auth.bearer(tokenFile(path))',
    );
  if (typeof nbf === 'number' && nbf * 1000 > nowUnixMs + 60_000)
    return error('step 2', 'the JWT is not valid yet (nbf)', 'compare the clocks of the auth service and this machine');
  return undefined;
}

function judgeOrigin(
  { alg, kid }: Part,
  { iss, aud, sub }: Part,
  { issuer, audience = 'macp-runtime', algorithms = ['RS256', 'ES256'], keyIds }: JwtExpectation,
): Finding | undefined {
  const align = (variable: string): string => `align ${variable} of the auth service and of the runtime`;
  if (!algorithms.includes(String(alg)))
    return error(
      'step 2',
      `the JWT is signed with ${String(alg)}; the runtime takes ${algorithms.join(', ')}`,
      align('MACP_AUTH_SIGNING_ALG and MACP_AUTH_JWT_ALGS'),
    );
  if (issuer !== undefined && iss !== issuer)
    return error('step 2', `the JWT is issued by "${String(iss)}"; the runtime expects "${issuer}"`, align('MACP_AUTH_ISSUER'));
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(audience))
    return error('step 2', `the JWT is for the audience "${audiences.join(', ')}"; the runtime expects "${audience}"`, align('MACP_AUTH_AUDIENCE'));
  if (keyIds !== undefined && typeof kid === 'string' && !keyIds.includes(kid))
    return error(
      'step 2',
      `the JWT is signed with the key ${kid}, which is not in the key set (${keyIds.join(', ') || 'empty'})`,
      'the auth service was probably started again with another key: keep its key (macp auth serve does, in --dir), and mint again',
    );
  if (typeof sub !== 'string' || sub === '')
    return error('step 2', 'the JWT has no sub, so it stands for nobody', 'mint it for a sender: macp auth mint <sender>');
  return undefined;
}

function judgeScopes({ macp_scopes: scopes }: Part, { starts }: JwtExpectation): Finding | undefined {
  if (typeof scopes !== 'object' || scopes === null) return undefined;
  const { allowed_modes: modes, can_start_sessions: mayStart } = scopes as Part;
  if (Array.isArray(modes) && modes.length === 0)
    return error('step 2', 'allowed_modes of the JWT is an empty list, which allows nothing', 'leave the claim out, or list the modes');
  if (starts === true && mayStart === false)
    return error(
      'step 2',
      'can_start_sessions of the JWT is false, and this agent starts the session',
      'mint it with the scope: macp auth mint <sender> --can-start',
    );
  return undefined;
}

function readPart(part: string): Part | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Part) : undefined;
  } catch {
    // Not a JWT, which is what the caller says.
    return undefined;
  }
}
