import { Metadata } from '@grpc/grpc-js';
import type { AuthConfig, TokenSource } from '../auth.js';
import { MacpSdkError, MacpTimeoutError } from '../errors.js';
import { onAbort } from './on-abort.js';
import { abortedError } from './status.js';

/** Tokens with an end are renewed this long before it. */
const RENEW_BEFORE_MS = 30_000;
/** A source that has not answered by then is asked again by the next call. */
const SOURCE_LIMIT_MS = 30_000;

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

  /**
   * After UNAUTHENTICATED: sees to it that there is another token than the one that the call had used; many calls that were refused
   * together fetch one. False when the credential is a plain string, which stays what it is.
   */
  async renewRefused(auth: AuthConfig | undefined, used: Metadata | undefined, wait: TokenWait): Promise<boolean> {
    if (auth?.tokenSource === undefined || used === undefined) return false;
    if (this.#entries.get(auth)?.metadata === used) await waitForToken(this.#renew(auth, auth.tokenSource, true), wait);
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

/** How long a call waits for its token. */
export interface TokenWait {
  readonly what: string;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The token, for as long as its call may wait: a source is code of the user, and may hang. Fails with TIMEOUT or ABORTED. */
export async function waitForToken(pending: Promise<Metadata>, { what, limitMs, signal }: TokenWait): Promise<Metadata> {
  let timer: NodeJS.Timeout | undefined;
  let forget: (() => void) | undefined;
  try {
    return await new Promise<Metadata>((resolve, reject) => {
      timer = setTimeout(() => reject(sourceTimeout(what, limitMs)), limitMs);
      if (signal?.aborted === true) reject(abortedError(what, signal));
      else if (signal !== undefined) forget = onAbort(signal, () => reject(abortedError(what, signal)));
      pending.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

function bearer(token: string | undefined): Metadata {
  if (token === undefined || token.trim() === '')
    throw new MacpSdkError('CREDENTIAL_REQUIRED', 'bearerToken is required: the credential of this call is empty');
  // grpc-js would quote the token in its error.
  if (/[^ -~]/.test(token)) {
    throw new MacpSdkError(
      'CREDENTIAL_REQUIRED',
      'the bearer token holds a character that no header can carry; the usual cause is a token file read with its last line break: trim it, or use tokenFile(path)',
    );
  }
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

async function fetchToken(source: TokenSource, refused: boolean): Promise<{ token: string; expiresAtUnixMs?: number }> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      // Nobody's process stays for it: calls have limits of their own.
      timer = setTimeout(() => reject(sourceTimeout('a renewal', SOURCE_LIMIT_MS)), SOURCE_LIMIT_MS).unref();
    });
    // An async function, so that a source that throws at once fails in the same way as one that rejects.
    const token = await Promise.race([(async () => source({ refused }))(), late]);
    return typeof token === 'string' ? { token } : token;
  } catch (error) {
    if (error instanceof MacpSdkError) throw error;
    throw new MacpSdkError('CREDENTIAL_REQUIRED', 'the token source gave no token; look at the cause', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function sourceTimeout(what: string, limitMs: number): MacpTimeoutError {
  return new MacpTimeoutError(
    `${what}: the token source gave no token within ${Math.ceil(limitMs)} ms; look at what the function given to Auth.bearer waits for`,
  );
}
