import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config.js';
import { loadTokenMaps, type TokenMaps } from '../onboarding/load-token-maps.js';
import type { JwtExpectation } from './judge-token.js';

/** What this machine knows about the runtime of an agent; a doctor on another machine knows less. */
export interface Surroundings {
  /** Both token maps, as far as they are here. */
  readonly maps: TokenMaps | undefined;
  readonly jwt: JwtExpectation;
  /** The auth service that mints tokens; undefined when none is configured. */
  readonly authServiceUrl: string | undefined;
}

const TIMEOUT_MS = 3_000;

/** Reads the maps and the JWT settings of the runtime where they are configured here. Throws INVALID_OPTIONS for a map that cannot be read. */
export async function loadSurroundings(
  config: Config,
  options: { readonly runtimeMap?: string; readonly envFile: string; readonly tokensEnv: string },
  signal: AbortSignal,
): Promise<Surroundings> {
  const file = resolve(config.cwd, options.runtimeMap ?? config.setting('MACP_AUTH_TOKENS_FILE') ?? 'macp-tokens.json');
  return {
    maps: existsSync(file) || existsSync(resolve(config.cwd, options.envFile)) ? loadTokenMaps(config, options) : undefined,
    jwt: {
      issuer: config.setting('MACP_AUTH_ISSUER'),
      audience: config.setting('MACP_AUTH_AUDIENCE'),
      algorithms: config
        .setting('MACP_AUTH_JWT_ALGS')
        ?.split(',')
        .map((word) => word.trim()),
      keyIds: await keyIds(config, signal),
    },
    authServiceUrl: config.setting('MACP_AUTH_SERVICE_URL'),
  };
}

/** Key ids of MACP_AUTH_JWKS_JSON or MACP_AUTH_JWKS_URL; undefined when neither is set or can be read. */
async function keyIds(config: Config, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const text = config.setting('MACP_AUTH_JWKS_JSON');
  const url = config.setting('MACP_AUTH_JWKS_URL');
  if (text === undefined && url === undefined) return undefined;
  try {
    const body = text ?? (await (await fetch(url ?? '', { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })).text());
    const { keys } = JSON.parse(body) as { keys?: readonly { readonly kid?: unknown }[] };
    return keys?.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : []));
  } catch {
    // An unreadable key set says nothing about this token; the credential probe still asks the runtime.
    signal.throwIfAborted();
    return undefined;
  }
}
