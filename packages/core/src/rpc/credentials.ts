import { Metadata } from '@grpc/grpc-js';
import type { AuthConfig, TokenSource } from '../auth.js';
import { MacpSdkError } from '../errors.js';

/** Tokens with an end are renewed this long before it. */
const RENEW_BEFORE_MS = 30_000;

interface Entry {
  metadata?: Metadata;
  renewAtUnixMs: number;
  /** One renewal at a time, shared by the calls that wait for it. */
  pending?: Promise<Metadata> | undefined;
}

/** Credential → call metadata; remembers each until it must be renewed. grpc-js copies metadata at the start of a call, so one serves all. */
export class Credentials {
  readonly #entries = new WeakMap<AuthConfig, Entry>();
  readonly #none = new Metadata();

  /** Synchronous when no token has to be fetched. */
  metadata(auth: AuthConfig | undefined): Metadata | Promise<Metadata> {
    if (auth === undefined) return this.#none;
    const entry = this.#entries.get(auth);
    if (entry?.metadata !== undefined && Date.now() < entry.renewAtUnixMs) return entry.metadata;
    if (auth.tokenSource !== undefined) return this.#renew(auth, auth.tokenSource, false);
    const metadata = bearer(auth.bearerToken);
    this.#entries.set(auth, { metadata, renewAtUnixMs: Number.POSITIVE_INFINITY });
    return metadata;
  }

  /** After UNAUTHENTICATED: fetches another token; false when the credential is a plain string, which stays what it is. */
  async renewRefused(auth: AuthConfig | undefined): Promise<boolean> {
    if (auth?.tokenSource === undefined) return false;
    await this.#renew(auth, auth.tokenSource, true);
    return true;
  }

  #renew(auth: AuthConfig, source: TokenSource, refused: boolean): Promise<Metadata> {
    const entry: Entry = this.#entries.get(auth) ?? { renewAtUnixMs: 0 };
    this.#entries.set(auth, entry);
    entry.pending ??= fetchToken(source, refused)
      .then(({ token, expiresAtUnixMs }) => {
        entry.metadata = bearer(token);
        entry.renewAtUnixMs = expiresAtUnixMs === undefined ? Number.POSITIVE_INFINITY : expiresAtUnixMs - RENEW_BEFORE_MS;
        return entry.metadata;
      })
      .finally(() => {
        entry.pending = undefined;
      });
    return entry.pending;
  }
}

function bearer(token: string | undefined): Metadata {
  if (token === undefined || token.trim() === '')
    throw new MacpSdkError('CREDENTIAL_REQUIRED', 'bearerToken is required: the credential of this call is empty');
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

async function fetchToken(source: TokenSource, refused: boolean): Promise<{ token: string; expiresAtUnixMs?: number }> {
  try {
    const token = await source({ refused });
    return typeof token === 'string' ? { token } : token;
  } catch (error) {
    if (error instanceof MacpSdkError) throw error;
    throw new MacpSdkError('CREDENTIAL_REQUIRED', 'the token source gave no token; look at the cause', { cause: error });
  }
}
