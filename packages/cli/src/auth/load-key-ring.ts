import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { newRingKey, ringOf, withoutOld, type RingKey, type RingTimes, type SigningAlgorithm } from './key-ring.js';

/** Files of an issuer: `keys.json` and `client-token`, readable by the owner only. */
export class IssuerFolder {
  readonly keysFile: string;
  readonly clientFile: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.keysFile = join(folder, 'keys.json');
    this.clientFile = join(folder, 'client-token');
  }

  /** The keys, read anew at each call, so that `macp auth rotate` counts at once; empty when there are none yet. Throws INVALID_OPTIONS. */
  loadKeys(): RingKey[] {
    if (!existsSync(this.keysFile)) return [];
    try {
      const { keys } = JSON.parse(readFileSync(this.keysFile, 'utf8')) as { keys?: RingKey[] };
      if (Array.isArray(keys)) return keys;
    } catch {
      // The parser's message would quote the keys.
    }
    throw new MacpError('INVALID_OPTIONS', `${this.keysFile} is not a key ring; remove it, and macp auth serve makes a new one`, {
      context: { path: this.keysFile },
    });
  }

  /** Makes the first key when there is none, which signs at once. */
  async ensureKeys(alg: SigningAlgorithm, nowUnixMs: number): Promise<RingKey[]> {
    const known = this.loadKeys();
    if (known.length > 0) return known;
    const keys = [await newRingKey(alg, nowUnixMs, randomUUID())];
    this.#write(this.keysFile, keysText(keys));
    return keys;
  }

  /** Adds a key that takes over after `times.publishMs`, and drops those that no valid token needs any more. */
  async rotate(alg: SigningAlgorithm, times: RingTimes, nowUnixMs: number): Promise<RingKey> {
    const next = await newRingKey(alg, nowUnixMs + times.publishMs, randomUUID());
    this.#write(this.keysFile, keysText([...withoutOld(this.loadKeys(), times, nowUnixMs), next]));
    return next;
  }

  /** The client credential; undefined when there is none yet. */
  loadClientToken(): string | undefined {
    return existsSync(this.clientFile) ? readFileSync(this.clientFile, 'utf8').trim() : undefined;
  }

  ensureClientToken(): string {
    const known = this.loadClientToken();
    if (known !== undefined && known !== '') return known;
    const token = randomBytes(32).toString('base64url');
    this.#write(this.clientFile, `${token}\n`);
    return token;
  }

  #write(path: string, text: string): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const next = `${path}.${process.pid}.tmp`;
      writeFileSync(next, text, { mode: 0o600, flag: 'wx' });
      chmodSync(next, 0o600);
      renameSync(next, path);
    } catch (error) {
      throw new MacpError('INVALID_OPTIONS', `${path} cannot be written; choose another folder with --dir`, { cause: error, context: { path } });
    }
  }
}

const keysText = (keys: readonly RingKey[]): string => `${JSON.stringify({ keys }, undefined, 2)}\n`;

/** The ring of MACP_AUTH_SIGNING_KEY_JSON. Throws INVALID_OPTIONS, without the value. */
export async function ringFromText(text: string, alg: SigningAlgorithm): Promise<RingKey[]> {
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    // The parser's message would quote the key.
    throw new MacpError('INVALID_OPTIONS', 'MACP_AUTH_SIGNING_KEY_JSON is not valid JSON; it must be a private JWK');
  }
  if (typeof jwk !== 'object' || jwk === null) throw new MacpError('INVALID_OPTIONS', 'MACP_AUTH_SIGNING_KEY_JSON must be a private JWK, as a JSON object');
  return ringOf(jwk, alg);
}
