import { readFile } from 'node:fs/promises';
import type { TokenSource } from './auth.js';
import { MacpSdkError } from './errors.js';

/**
 * A token source that reads a file, for tokens that are rotated on disk: it is read at the first call, again every
 * `refreshAfterMs` (default 60 000), and once after UNAUTHENTICATED. White space around the token is dropped.
 * Fails with CREDENTIAL_REQUIRED when the file cannot be read or is empty.
 */
export function tokenFile(path: string, options: { readonly refreshAfterMs?: number } = {}): TokenSource {
  const { refreshAfterMs = 60_000 } = options;
  return async () => {
    const token = await readToken(path);
    return { token, expiresAtUnixMs: Date.now() + refreshAfterMs };
  };
}

async function readToken(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MacpSdkError('CREDENTIAL_REQUIRED', `the token file ${path} cannot be read; check that it exists and is readable by this process`, {
      cause: error,
      context: { path },
    });
  }
  const token = text.trim();
  if (token === '') throw new MacpSdkError('CREDENTIAL_REQUIRED', `the token file ${path} is empty; write the bearer token into it`, { context: { path } });
  return token;
}
