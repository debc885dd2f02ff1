import { compactVerify, decodeProtectedHeader } from 'jose';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { JwtVerifier } from './authenticator.js';
import type { Caller } from './identity.js';
import type { JwtAlgorithm, JwtOptions } from './jwt-options.js';
import { keySet, type VerificationKey } from './key-set.js';

const LEEWAY_S = 60;
const DEFAULT_ALGORITHMS: readonly JwtAlgorithm[] = ['RS256', 'ES256'];
const DEFAULT_AUDIENCE = 'macp-runtime';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Verifies tokens by the rules of runtime.md §3.3. `iss` and `aud` are required, `exp` has 60 s of leeway, `nbf` is not
 * looked at. What was wrong is logged, never told to the caller.
 */
export function createJoseVerifier(options: JwtOptions, clock: Clock, logger: Logger): JwtVerifier {
  const keys = keySet(options.keys, clock, logger);
  const allowed = options.algorithms ?? DEFAULT_ALGORITHMS;
  return {
    async verify(token): Promise<Caller | undefined> {
      try {
        const claims = await verifiedClaims(token, await keys.keys(), allowed);
        const problem = claims === undefined ? 'no key verifies its signature' : claimProblem(claims, options, clock.nowUnixMs());
        const caller = claims === undefined || problem !== undefined ? undefined : callerOf(claims);
        if (caller === undefined) logger.debug(`a JWT was refused: ${problem ?? 'macp_scopes has members of the wrong type'}`);
        return caller;
      } catch (error) {
        logger.debug('a JWT was refused', { err: error });
        return undefined;
      }
    },
  };
}

/** Undefined when no key of the set verifies the token. */
async function verifiedClaims(token: string, keys: readonly VerificationKey[], allowed: readonly JwtAlgorithm[]): Promise<Claims | undefined> {
  const { alg, kid } = decodeProtectedHeader(token);
  const algorithm = allowed.find((candidate) => candidate === alg);
  if (algorithm === undefined) return undefined;
  const named = keys.filter((key) => kid !== undefined && key.kid === kid);
  const candidates = (named.length > 0 ? named : keys).filter((key) => key.algorithm === algorithm);
  for (const { key } of candidates) {
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
      const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
      return isObject(claims) ? claims : undefined;
    } catch {
      // Another key may be the right one.
    }
  }
  return undefined;
}

function claimProblem({ sub, iss, aud, exp }: Claims, options: JwtOptions, nowUnixMs: number): string | undefined {
  if (typeof sub !== 'string' || sub === '') return 'sub is missing';
  if (typeof exp !== 'number') return 'exp is missing';
  if (nowUnixMs / 1000 >= exp + LEEWAY_S) return 'it has expired';
  if (iss !== options.issuer) return 'iss is not the configured issuer';
  const audience = options.audience ?? DEFAULT_AUDIENCE;
  return aud === audience || (Array.isArray(aud) && aud.includes(audience)) ? undefined : 'aud does not hold the configured audience';
}

/** Undefined for scopes of the wrong type: a right that cannot be read is not guessed. */
function callerOf({ sub, macp_scopes: scopes }: Claims): Caller | undefined {
  if (!isAbsent(scopes) && !isObject(scopes)) return undefined;
  const {
    can_start_sessions: start,
    can_manage_mode_registry: manage,
    is_observer: observer,
    allowed_modes: modes,
    max_open_sessions: max,
  } = isAbsent(scopes) ? {} : scopes;
  if (![start, manage, observer].every((flag) => isAbsent(flag) || typeof flag === 'boolean')) return undefined;
  if (!isAbsent(modes) && !(Array.isArray(modes) && modes.every((mode) => typeof mode === 'string'))) return undefined;
  if (!isAbsent(max) && !(typeof max === 'number' && Number.isInteger(max) && max >= 0)) return undefined;
  return {
    sender: sub as string,
    // Unlike in the static map, an empty list means none.
    allowedModes: isAbsent(modes) ? undefined : new Set(modes as string[]),
    canStartSessions: start !== false,
    maxOpenSessions: isAbsent(max) ? undefined : (max as number),
    canManageModeRegistry: manage === true,
    isObserver: observer === true,
  };
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
