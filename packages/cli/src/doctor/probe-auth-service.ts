import { error, ok, type Finding } from './finding.js';
import type { ProbeContext } from './probe-context.js';

/** The service that mints tokens for the producer: `GET /healthz`. */
export async function probeAuthService({ surroundings, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const url = surroundings.authServiceUrl;
  if (url === undefined) return ok('not used (MACP_AUTH_SERVICE_URL is not set)');
  try {
    const { status } = await fetch(new URL('healthz', url.endsWith('/') ? url : `${url}/`), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (status === 200) return ok(`${url} is up`);
    return error('step 2', `${url} answers ${status} to its health route: AUTH_MINT_FAILED`, 'check MACP_AUTH_SERVICE_URL');
  } catch {
    // Whatever keeps fetch from an answer keeps the producer from a token.
    signal.throwIfAborted();
    return error(
      'step 2',
      `the auth service at ${url} cannot be reached or gives no answer: AUTH_MINT_FAILED`,
      'start it (macp auth serve), or unset MACP_AUTH_SERVICE_URL to use static tokens',
    );
  }
}
