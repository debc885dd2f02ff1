import { MacpError } from '@macp-agent/protocol';
import { isJsonObject } from '../json-value.js';

interface CancelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default 5000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Where a run is cancelled. */
export interface CancelTarget {
  readonly runId: string;
  readonly url: string;
  readonly bearer?: string | undefined;
}

const MAX_ANSWER = 65_536;

/**
 * Asks the initiator of a run to cancel it: POST to its callback, which sends CancelSession with the agent's own identity
 * (RFC-MACP-0001 §7.2). Returns the state that the agent names, if any. Aborting gives up waiting; the agent may still cancel.
 * Throws UNAVAILABLE when the callback cannot be reached, TIMEOUT, ABORTED, FORBIDDEN, or TRANSPORT for any other answer.
 */
export async function cancelRun({ runId, url, bearer }: CancelTarget, reason: string, options: CancelOptions = {}): Promise<{ state?: string }> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  const context = { runId };
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      body: JSON.stringify({ runId, reason }),
      redirect: 'error',
      signal,
    });
    body = (await response.text()).slice(0, MAX_ANSWER);
  } catch (error) {
    if (limit.aborted) throw new MacpError('TIMEOUT', `the cancel callback of run ${runId} gave no answer within ${timeoutMs} ms`, { cause: error, context });
    if (signal.aborted) throw new MacpError('ABORTED', `cancelling run ${runId} was given up`, { cause: error, context });
    throw new MacpError('UNAVAILABLE', `the cancel callback of run ${runId} cannot be reached; its initiator may have ended`, { cause: error, context });
  }
  const answer = parse(body);
  if (response.ok) return typeof answer['state'] === 'string' ? { state: answer['state'] } : {};
  const said = typeof answer['error'] === 'string' ? `: ${answer['error']}` : '';
  throw new MacpError(
    response.status === 401 || response.status === 403 ? 'FORBIDDEN' : 'TRANSPORT',
    `the cancel callback of run ${runId} answered ${response.status}${said}`,
    { context },
  );
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : {};
  } catch {
    // Other listeners answer with an empty body.
    return {};
  }
}
