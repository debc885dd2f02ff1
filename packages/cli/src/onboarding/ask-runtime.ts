import { Auth, MacpClient, newSessionId } from '@macp-agent/core';
import { isMacpError } from '@macp-agent/protocol';
import { isLoopbackAddress } from '../connect/open-client.js';

/** Whether a running runtime knows a new token, and how it learns it. */
export interface RuntimeAnswer {
  readonly known: boolean;
  readonly text: string;
}

const TIMEOUT_MS = 3_000;

/**
 * Asks a runtime for its kind and whether it knows a token: GetSession of a session that does not exist answers UNAUTHENTICATED or NOT_FOUND. Never throws
 * for a runtime that cannot be reached; says so instead. Aborting throws ABORTED.
 */
export async function askRuntime(address: string, token: string, signal: AbortSignal): Promise<RuntimeAnswer> {
  const plaintext = isLoopbackAddress(address);
  const client = new MacpClient({ address, secure: !plaintext, allowInsecure: plaintext, auth: Auth.bearer(token) });
  try {
    const { runtimeInfo } = await client.initialize({ timeoutMs: TIMEOUT_MS, signal });
    const ours = /Node\.js/.test(runtimeInfo?.description ?? '');
    const known = await knowsToken(client, signal);
    if (known) return { known, text: `the runtime at ${address} knows the token already` };
    const way = ours
      ? 'it must be reloaded: send it SIGHUP (kill -HUP <pid of macp runtime>)'
      : 'it reads its map once: it must be restarted, unless your deployment reloads it';
    return { known, text: `the runtime at ${address} does not know the token yet; ${way}` };
  } catch (error) {
    if (!isMacpError(error) || error.code === 'ABORTED') throw error;
    return { known: false, text: `the runtime at ${address} gave no answer (${error.code}); start it with this map, or look with macp doctor` };
  } finally {
    client.close();
  }
}

async function knowsToken(client: MacpClient, signal: AbortSignal): Promise<boolean> {
  try {
    await client.getSession(newSessionId(), { timeoutMs: TIMEOUT_MS, signal });
    return true;
  } catch (error) {
    if (!isMacpError(error)) throw error;
    if (error.code === 'UNAUTHENTICATED') return false;
    if (error.code === 'SESSION_NOT_FOUND' || error.code === 'FORBIDDEN') return true;
    throw error;
  }
}
