import { MacpError } from '@macp-agent/protocol';
import type { CompiledRun } from '@macp-agent/scenarios';
import { RUNNER, type Config } from '../config.js';

/** What a token is minted for. */
export interface MintRequest {
  readonly sender: string;
  readonly scopes: Readonly<Record<string, unknown>>;
  readonly ttlSeconds?: number | undefined;
}

/** Where tokens are minted. */
export interface MintService {
  readonly url: string;
  readonly clientToken?: string | undefined;
  /** Limit of one request in milliseconds. */
  readonly timeoutMs: number;
}

export interface MintedToken {
  readonly token: string;
  readonly sender: string;
  readonly expiresInSeconds: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_TTL_SECONDS = 3_600;

/** The auth service of the configuration: MACP_AUTH_SERVICE_URL, _TIMEOUT_MS and MACP_AUTH_CLIENT_TOKEN; undefined when none is set. */
export function mintService(config: Config): MintService | undefined {
  const url = config.setting('MACP_AUTH_SERVICE_URL');
  if (url === undefined) return undefined;
  const timeoutMs = Number(config.setting('MACP_AUTH_SERVICE_TIMEOUT_MS') ?? DEFAULT_TIMEOUT_MS);
  return { url, clientToken: config.setting('MACP_AUTH_CLIENT_TOKEN'), timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS };
}

/** Asks the auth service for a token (agents.md §6.4). Throws AUTH_MINT_FAILED when there is none, ABORTED by the signal; the message never has a token. */
export async function mintToken(service: MintService, request: MintRequest, signal?: AbortSignal): Promise<MintedToken> {
  const { sender, scopes, ttlSeconds } = request;
  const failed = (why: string, cause?: unknown): MacpError =>
    new MacpError('AUTH_MINT_FAILED', `no token for ${sender}: the auth service at ${service.url} ${why}`, { cause, context: { sender } });
  const limit = AbortSignal.timeout(service.timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL('tokens', service.url.endsWith('/') ? service.url : `${service.url}/`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(service.clientToken === undefined ? {} : { authorization: `Bearer ${service.clientToken}` }) },
      body: JSON.stringify({ sender, scopes, ...(ttlSeconds === undefined ? {} : { ttl_seconds: ttlSeconds }) }),
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted === true) throw new MacpError('ABORTED', `minting a token for ${sender} was given up`, { cause: error });
    throw failed(limit.aborted ? `gave no answer within ${service.timeoutMs} ms` : 'cannot be reached; start it (macp auth serve)', error);
  }
  const body = parse(text);
  if (response.status === 401) throw failed('asks for a client credential: set MACP_AUTH_CLIENT_TOKEN');
  if (!response.ok) throw failed(`answered ${response.status}${typeof body['error'] === 'string' ? `: ${body['error']}` : ''}`);
  if (typeof body['token'] !== 'string' || body['token'] === '') throw failed('answered without a token');
  return { token: body['token'], sender, expiresInSeconds: typeof body['expires_in_seconds'] === 'number' ? body['expires_in_seconds'] : 0 };
}

/** Tokens of one run: by participant id, and the runner's own. */
export interface MintedTokens {
  readonly agentTokens: readonly ReadonlyMap<string, string>[];
  readonly runnerToken: string;
}

/**
 * Mints a token for every participant of some runs, each with what its part needs: only initiators start sessions, and only in their mode.
 * MACP_AUTH_SCOPES_JSON adds to it by sender; null removes a scope. Throws AUTH_MINT_FAILED or INVALID_OPTIONS.
 */
export async function mintTokens(config: Config, service: MintService, runs: readonly CompiledRun[], signal?: AbortSignal): Promise<MintedTokens> {
  const extra = readScopes(config.setting('MACP_AUTH_SCOPES_JSON'));
  const ttlSeconds = Number(config.setting('MACP_AUTH_TOKEN_TTL_SECONDS') ?? DEFAULT_TTL_SECONDS);
  const minted = new Map<string, Promise<string>>();
  const tokenOf = (sender: string, scopes: Readonly<Record<string, unknown>>): Promise<string> => {
    const merged = Object.fromEntries(Object.entries({ ...scopes, ...extra[sender] }).filter(([, value]) => value !== null));
    const key = JSON.stringify([sender, merged]);
    const known = minted.get(key) ?? mintToken(service, { sender, scopes: merged, ttlSeconds }, signal).then(({ token }) => token);
    minted.set(key, known);
    return known;
  };
  const agentTokens = await Promise.all(
    runs.map(async ({ participantBindings, initiator, runDescriptor }) => {
      const { modeName } = runDescriptor.session;
      const pairs = participantBindings.map(async ({ participantId }): Promise<[string, string]> => {
        const scopes = { can_start_sessions: participantId === initiator.participantId, is_observer: false, allowed_modes: [modeName, ''] };
        return [participantId, await tokenOf(participantId, scopes)];
      });
      return new Map(await Promise.all(pairs));
    }),
  );
  return { agentTokens, runnerToken: await tokenOf(RUNNER, { can_start_sessions: false, can_manage_mode_registry: true, is_observer: true }) };
}

function readScopes(text: string | undefined): Record<string, Record<string, unknown>> {
  if (text === undefined) return {};
  const value = parse(text);
  for (const [sender, scopes] of Object.entries(value))
    if (typeof scopes !== 'object' || scopes === null) throw new MacpError('INVALID_OPTIONS', `MACP_AUTH_SCOPES_JSON: [${sender}] must be an object of scopes`);
  return value as Record<string, Record<string, unknown>>;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // What is not JSON has nothing to tell.
    return {};
  }
}
