import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { MacpError } from '@macp-agent/protocol';
import { parseAgentTokens, systemReason } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import { TOKENS_VARIABLE, type Config } from '../config.js';

/** Where the two maps are. */
export interface TokenMapOptions {
  readonly runtimeMap?: string;
  readonly envFile: string;
  readonly tokensEnv: string;
}

/** The map of the runtime and that of the producer, as their files hold them. */
export interface TokenMaps {
  readonly runtimeFile: string;
  readonly envFile: string;
  /** Variable of the env file that holds the producer's map. */
  readonly variable: string;
  readonly identities: readonly RuntimeIdentity[];
  readonly producer: ReadonlyMap<string, string>;
}

/** Adds the options that say where the maps are. */
export function tokenMapOptions(command: Command): Command {
  return command
    .option('--runtime-map <file>', 'map of the runtime; default: MACP_AUTH_TOKENS_FILE, else macp-tokens.json')
    .option('--env-file <file>', 'env file of the producer', '.env')
    .option('--tokens-env <name>', 'variable of the producer map', TOKENS_VARIABLE);
}

/** Reads both maps; either may be missing and is then empty. Throws INVALID_OPTIONS for a map that cannot be read. */
export function loadTokenMaps(config: Config, options: TokenMapOptions): TokenMaps {
  const runtimeFile = resolve(config.cwd, options.runtimeMap ?? config.setting('MACP_AUTH_TOKENS_FILE') ?? 'macp-tokens.json');
  const envFile = resolve(config.cwd, options.envFile);
  const variable = options.tokensEnv;
  return { runtimeFile, envFile, variable, identities: loadRuntimeMap(runtimeFile), producer: loadProducerMap(envFile, variable) };
}

/** One entry of the runtime's map, as `MACP_AUTH_TOKENS_FILE` holds it. Members we do not know are kept. */
export interface RuntimeIdentity {
  readonly token: string;
  readonly sender: string;
  readonly can_start_sessions?: boolean;
  readonly allowed_modes?: readonly string[];
  readonly max_open_sessions?: number | null;
  readonly can_manage_mode_registry?: boolean;
  readonly is_observer?: boolean;
  readonly [key: string]: unknown;
}

/** Reads the runtime's map; empty when there is no file yet. Throws INVALID_OPTIONS, without values. */
function loadRuntimeMap(path: string): RuntimeIdentity[] {
  if (!existsSync(path)) return [];
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // The parser would quote the text, tokens included.
    throw new MacpError('INVALID_OPTIONS', `${path} is not valid JSON (comments are not allowed in it)`, { context: { path } });
  }
  const list: unknown = typeof value === 'object' && value !== null && 'tokens' in value ? value.tokens : value;
  if (!Array.isArray(list))
    throw new MacpError('INVALID_OPTIONS', `${path} must hold a list of identities, or an object with the list "tokens"`, { context: { path } });
  return list.map((entry: unknown, index) => {
    const identity = entry as RuntimeIdentity;
    if (typeof entry !== 'object' || entry === null || typeof identity.token !== 'string' || typeof identity.sender !== 'string') {
      throw new MacpError('INVALID_OPTIONS', `${path}: entry ${index + 1} needs the texts "token" and "sender"`, { context: { path } });
    }
    return identity;
  });
}

/** Reads the producer's map from one variable of an env file; empty when there is none yet. */
function loadProducerMap(path: string, variable: string): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const text = parseEnv(readFileSync(path, 'utf8'))[variable] ?? '';
  if (text === '') return new Map();
  const source = `${variable} in ${path}`;
  const tokens = parseAgentTokens(text, source);
  const twice = repeatedKey(text);
  if (twice !== undefined)
    throw new MacpError('INVALID_OPTIONS', `${source} has the sender ${twice} twice; JSON readers keep the last one, so remove the other`, {
      context: { path },
    });
  return tokens;
}

/** The first key that stands twice in the text of a JSON object of strings, which JSON.parse would hide. */
function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>();
  for (const [, quoted = '', colon] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*(:)?/g)) {
    if (colon === undefined) continue;
    const key = JSON.parse(quoted) as string;
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

export function writeRuntimeMap(path: string, identities: readonly RuntimeIdentity[]): void {
  replaceFile(path, `${JSON.stringify({ tokens: identities }, undefined, 2)}\n`);
}

/** Replaces one variable of an env file and keeps every other line. */
export function writeProducerMap(path: string, variable: string, tokens: ReadonlyMap<string, string>): void {
  const line = `${variable}='${JSON.stringify(Object.fromEntries(tokens))}'`;
  const before = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const at = before.findIndex((text) => new RegExp(`^\\s*(?:export\\s+)?${variable}\\s*=`).test(text));
  const after = at < 0 ? [...before.filter((text, index) => index < before.length - 1 || text !== ''), line, ''] : before.with(at, line);
  replaceFile(path, after.join('\n'));
}

/** 32 random bytes in hex: no dots, which a runtime would take for a JWT. */
export const newToken = (): string => randomBytes(32).toString('hex');

/** Names a token without showing it. */
export const fingerprint = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;

/** All or nothing, readable by the owner only. */
function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(next, text, { mode: 0o600, flag: 'wx' });
    chmodSync(next, 0o600);
    renameSync(next, path);
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${path} cannot be written: ${systemReason(error)}`, { cause: error, context: { path } });
  }
}
