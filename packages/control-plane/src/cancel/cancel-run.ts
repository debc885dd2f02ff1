import { isMacpError, MacpError, type SessionState } from '@macp-agent/protocol';
import { cancelCallbackOf, isCancellationDelegated, isEnded, type CancelCallback, type Run } from '../model/run.js';
import type { RuntimeLink } from '../observer/runtime-link.js';
import { confirmEnd } from '../observer/session-recorder.js';
import type { RunStore } from '../store/run-store.js';
import { HttpError } from '../http/http-error.js';
import { untilRecorded } from './until-recorded.js';

/** What cancelling came to. */
export interface CancelOutcome {
  readonly run: Run;
  /** State of the session after it, as the runtime says; null when the runtime could not be asked. */
  readonly runtimeState: SessionState | null;
  /** True when the runtime says that the session has ended. */
  readonly confirmed: boolean;
  /** What to do when it is not confirmed. */
  readonly warning?: string;
}

/** What cancelling needs. */
export interface CancelParts {
  readonly store: RunStore;
  readonly link: RuntimeLink;
  /** Limit of the call to the initiator, default 5 000 ms. */
  readonly callbackTimeoutMs: number;
  /** How long to wait for the runtime to say CANCELLED. */
  readonly confirmMs: number;
  readonly onState: (run: Run, state: SessionState) => Promise<void>;
}

/**
 * Cancels the session of a run. Option B when the run says that its policy names this observer, else Option A: the initiator is
 * asked through its callback and cancels with its own identity. Never claims more than the runtime confirms.
 */
export async function cancelRun(parts: CancelParts, run: Run, reason: string | null, signal?: AbortSignal): Promise<CancelOutcome> {
  if (isEnded(run.status)) return { run, runtimeState: ENDED_AS[run.status] ?? null, confirmed: true };
  const callback = cancelCallbackOf(run);
  const delegated = isCancellationDelegated(run);
  if (!delegated && callback === undefined) {
    throw new HttpError(
      400,
      'VALIDATION_ERROR',
      `run ${run.id} has no cancelCallback in metadata and no policy delegation — cannot cancel from control-plane. Register it with POST /runs and session.metadata.cancelCallback, or name this observer in the policy and set cancellationDelegated`,
    );
  }
  await parts.store.append(run.id, (newest) => ({ patch: { metadata: { ...newest.metadata, cancelReason: reason } } }));
  const how = delegated ? await cancelDelegated(parts, run, reason, callback, signal) : await askInitiator(parts, run, reason, callback, signal);
  return confirm(parts, run, how, signal);
}

const ENDED_AS: Partial<Record<Run['status'], SessionState>> = { completed: 'RESOLVED', cancelled: 'CANCELLED' };

async function cancelDelegated(
  parts: CancelParts,
  run: Run,
  reason: string | null,
  callback: CancelCallback | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    await parts.link.cancelSession(run.runtimeSessionId, reason ?? '', signal);
    return 'the runtime was asked';
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'FORBIDDEN') throw error;
    if (callback !== undefined) return askInitiator(parts, run, reason, callback, signal);
    const message = `the runtime refused: this observer may not cancel session ${run.runtimeSessionId}. Name its sender in commitment.designated_roles of the bound policy (authority designated_role), or register a cancelCallback`;
    throw new MacpError('FORBIDDEN', message, { cause: error, context: { runId: run.id } });
  }
}

async function askInitiator(
  parts: CancelParts,
  run: Run,
  reason: string | null,
  callback: CancelCallback | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (callback === undefined) throw new HttpError(400, 'VALIDATION_ERROR', `run ${run.id} has no cancelCallback`);
  const url = checkedUrl(callback.url);
  const limit = AbortSignal.timeout(parts.callbackTimeoutMs);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(callback.bearer === undefined ? {} : { authorization: `Bearer ${callback.bearer}` }) },
      body: JSON.stringify({ runId: run.id, reason }),
      // A redirect would carry the bearer to a host that nobody registered.
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  } catch (error) {
    const cause = limit.aborted ? `no answer in ${parts.callbackTimeoutMs} ms` : reasonOf(error);
    throw new HttpError(
      502,
      'INTERNAL_ERROR',
      `cancel callback ${url.origin}${url.pathname} failed: ${cause}. Check that the initiator still runs and listens there`,
    );
  }
  await response.body?.cancel();
  if (!response.ok) {
    const hint = response.status === 401 ? '; the bearer of the run is not the one that the initiator expects' : '';
    throw new HttpError(502, 'INTERNAL_ERROR', `cancel callback ${url.origin}${url.pathname} returned ${response.status}${hint}`);
  }
  return 'the initiator took the request';
}

async function confirm(parts: CancelParts, run: Run, how: string, signal: AbortSignal | undefined): Promise<CancelOutcome> {
  let state: SessionState | undefined;
  let problem = '';
  try {
    state = await confirmEnd(parts.link, run.runtimeSessionId, parts.confirmMs, signal);
  } catch (error) {
    problem = ` (${isMacpError(error) ? error.code : 'no answer'})`;
  }
  const current = (): Run => parts.store.get(run.id) ?? run;
  const ended = state === 'CANCELLED' || state === 'RESOLVED' || state === 'EXPIRED';
  if (ended && state !== undefined) {
    await parts.onState(current(), state);
    await untilRecorded(parts.store, run.id, ({ status }) => isEnded(status), parts.confirmMs);
    return { run: current(), runtimeState: state, confirmed: true };
  }
  const warning = `${how}, but the session did not end in ${parts.confirmMs} ms${problem}. It ends with its TTL at the latest; ask again, or stop the initiator`;
  return { run: current(), runtimeState: state ?? null, confirmed: false, warning };
}

function checkedUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new HttpError(400, 'VALIDATION_ERROR', `the cancel callback of the run is not an http or https URL`);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.message) : String(cause);
}
