import { hash, randomBytes } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import type { MaybePromise } from '../maybe-promise.js';
import { toCaller, type Caller, type Identity } from './identity.js';

/** A static bearer token and whom it stands for. Tokens with a dot are taken for JWTs and never found here. */
export interface TokenIdentity extends Identity {
  readonly token: string;
}

/** Verifies a JWT; undefined for whatever is not right with it. Never rejects. */
export interface JwtVerifier {
  verify(token: string): Promise<Caller | undefined>;
}

/** Who is calling, from the headers of a request; undefined means UNAUTHENTICATED. Never throws. */
export interface Authenticator {
  authenticate(headers: Metadata): MaybePromise<Caller | undefined>;
}

const SCHEME = 'Bearer ';

/** The resolver chain of runtime.md §3.4: JWTs, then static tokens, and with neither the development mode. */
export class ResolverChain implements Authenticator {
  readonly #jwt: JwtVerifier | undefined;
  /** By salted digest: how long a lookup takes says nothing about how much of a token was right. */
  #tokens: ReadonlyMap<string, Caller> | undefined;
  readonly #salt = randomBytes(16).toString('hex');

  constructor(tokens: readonly TokenIdentity[] | undefined, jwt: JwtVerifier | undefined) {
    this.#jwt = jwt;
    if (tokens !== undefined) this.replaceTokens(tokens);
  }

  /** Development mode: any bearer value is the sender, and may manage registries. */
  get isDevelopment(): boolean {
    return this.#jwt === undefined && this.#tokens === undefined;
  }

  /** Later requests know these tokens only; open streams keep the identity they were opened with. */
  replaceTokens(tokens: readonly TokenIdentity[]): void {
    this.#tokens = new Map(tokens.map((entry) => [this.#digest(entry.token), toCaller(entry)]));
  }

  authenticate(headers: Metadata): MaybePromise<Caller | undefined> {
    const bearer = bearerOf(headers);
    if (this.#jwt !== undefined && bearer?.includes('.') === true) return this.#jwt.verify(bearer);
    const token = bearer ?? first(headers, 'x-macp-token');
    if (token === undefined || token === '') return undefined;
    if (this.#tokens !== undefined) return token.includes('.') ? undefined : this.#tokens.get(this.#digest(token));
    return this.isDevelopment ? developmentCaller(token) : undefined;
  }

  #digest(token: string): string {
    return hash('sha256', this.#salt + token, 'base64');
  }
}

function developmentCaller(sender: string): Caller {
  return { sender, allowedModes: undefined, canStartSessions: true, maxOpenSessions: undefined, canManageModeRegistry: true, isObserver: false };
}

/** The scheme is case-sensitive and has exactly one space (wire.md §8). */
function bearerOf(headers: Metadata): string | undefined {
  const value = first(headers, 'authorization');
  if (value === undefined || !value.startsWith(SCHEME)) return undefined;
  const token = value.slice(SCHEME.length);
  return token === '' || token.startsWith(' ') ? undefined : token;
}

function first(headers: Metadata, name: string): string | undefined {
  const value = headers.get(name)[0];
  return typeof value === 'string' ? value : undefined;
}
