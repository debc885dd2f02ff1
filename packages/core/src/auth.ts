import { MacpIdentityMismatchError, MacpSdkError } from './errors.js';
import { hideSecrets } from './secrets.js';

/** A token and, when its issuer says so, when it ends. */
export interface AccessToken {
  readonly token: string;
  /** Milliseconds since 1970. Tokens are renewed 30 s before; absent = kept until the runtime refuses it. */
  readonly expiresAtUnixMs?: number;
}

/** Called for a token: at the first call, shortly before expiry, and once after UNAUTHENTICATED (then `refused` is true). */
export type TokenSource = (request: { readonly refused: boolean }) => AccessToken | string | Promise<AccessToken | string>;

/** Who is calling. Made by `Auth`; a plain object with `bearerToken` is accepted too. */
export interface AuthConfig {
  readonly bearerToken?: string;
  readonly tokenSource?: TokenSource;
  /** Sender put on envelopes that name none. */
  readonly senderHint?: string;
  /** The guard: a send that names another sender fails with MacpIdentityMismatchError before anything is sent. */
  readonly expectedSender?: string;
}

interface BearerOptions {
  readonly expectedSender?: string;
  readonly senderHint?: string;
}

/**
 * Ways to say who is calling. Precedence where several are given: per call, then session, then client. Logs of what they make, as JSON
 * or by `console.log`, do not show the token.
 */
export const Auth = {
  /**
   * A bearer token, or a function that gives one. With `expectedSender` every send is checked against it; a string as second
   * argument only fills in the sender (`senderHint`).
   */
  bearer(token: string | TokenSource, options: BearerOptions | string = {}): AuthConfig {
    const { expectedSender, senderHint } = typeof options === 'string' ? { expectedSender: undefined, senderHint: options } : options;
    const hint = senderHint ?? expectedSender;
    return masked({
      ...(typeof token === 'string' ? { bearerToken: token } : { tokenSource: token }),
      ...(hint === undefined ? {} : { senderHint: hint }),
      ...(expectedSender === undefined ? {} : { expectedSender }),
    });
  },

  /** The identity of a runtime in development mode, where the token is the sender. Without a guard. */
  devAgent(agentId: string): AuthConfig {
    return masked({ bearerToken: agentId, senderHint: agentId });
  },
} as const;

const masked = (auth: AuthConfig): AuthConfig => hideSecrets(auth);

/** The sender of an envelope: explicit, else expected, else hint, else empty, which the runtime fills in. Throws MacpIdentityMismatchError. */
export function senderFor(auth: AuthConfig | undefined, explicit?: string): string {
  if (explicit === undefined || explicit === '') return auth?.expectedSender ?? auth?.senderHint ?? '';
  guardSender(auth, explicit);
  return explicit;
}

/** Throws MacpIdentityMismatchError when the credential expects another sender than this envelope names. */
export function guardSender(auth: AuthConfig | undefined, sender: string): void {
  if (sender === '' || auth?.expectedSender === undefined || auth.expectedSender === sender) return;
  throw new MacpIdentityMismatchError(auth.expectedSender, sender);
}

/** The credential of a call, or MacpSdkError CREDENTIAL_REQUIRED. */
export function requireAuth(auth: AuthConfig | undefined): AuthConfig {
  if (auth !== undefined) return auth;
  throw new MacpSdkError('CREDENTIAL_REQUIRED', 'this operation requires auth; pass auth to the call or the session, or configure client.auth');
}
