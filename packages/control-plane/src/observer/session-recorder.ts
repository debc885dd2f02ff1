import type { Logger } from '@macp-agent/core';
import { fromWireState, isMacpError, MacpError, type Envelope, type SessionMetadata, type SessionState } from '@macp-agent/protocol';
import { canBecome, type Run } from '../model/run.js';
import type { MakeStep, RunStore } from '../store/run-store.js';
import { Backoff, pause } from './backoff.js';
import { envelopeStep } from './envelope-step.js';
import { ENDING, endState, policyResolvedEvent, runEvent, sessionBoundEvent, stateEvent, streamEvent, type EndState } from './lifecycle-events.js';
import type { RuntimeLink, Subscription } from './runtime-link.js';

/** What a recorder needs; all waits in milliseconds. */
export interface RecorderParts {
  readonly link: RuntimeLink;
  readonly store: RunStore;
  readonly logger: Logger;
  readonly nowUnixMs: () => number;
  /** First and longest wait between tries to reach the runtime. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** How long the Commitment of a resolved session may lag behind its event. */
  readonly drainMs: number;
}

/** Records one session until it has ended and all its envelopes are stored. A quiet session is simply waited for. */
export class SessionRecorder {
  readonly #parts: RecorderParts;
  readonly #runId: string;
  readonly #sessionId: string;
  readonly #stop = new AbortController();
  #subscription: Subscription | undefined;
  #ending: EndState | undefined;
  #endMetadata: SessionMetadata | undefined;
  #work: Promise<void> | undefined;
  #finishTimer: NodeJS.Timeout | undefined;
  #lastNote = '';
  /** The Commitment came through the stream; it may still be on its way to the disk. */
  #committed = false;

  constructor(parts: RecorderParts, run: Run) {
    this.#parts = parts;
    this.#runId = run.id;
    this.#sessionId = run.runtimeSessionId;
  }

  /** Begins to follow; resolves when the session is recorded to its end, or after `close()`. Call once. */
  start(): Promise<void> {
    this.#work ??= this.#record();
    return this.#work;
  }

  /** Takes news from WatchSessions or GetSession. */
  async onState(state: SessionState, session: SessionMetadata | undefined, rawType: string): Promise<void> {
    if (session !== undefined) await this.#bind(session);
    const ending = endState(state);
    if (ending !== undefined) return this.#onEnd(ending, session);
    await this.#append((run) => {
      const status = state === 'SUSPENDED' ? 'suspended' : 'running';
      if (!canBecome(run.status, status)) return undefined;
      const startedAt = run.startedAt ?? isoOf(session?.startedAtUnixMs);
      const type = status === 'suspended' ? 'run.suspended' : run.status === 'suspended' ? 'run.resumed' : 'run.started';
      return { patch: { status, startedAt }, events: [runEvent(type, run, { status, startedAt }), stateEvent(this.#sessionId, state, session, rawType)] };
    });
  }

  /** Stops following; what is stored stays, and a new recorder goes on from there. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#finishTimer);
    await this.#work;
  }

  #run(): Run | undefined {
    return this.#parts.store.get(this.#runId);
  }

  async #record(): Promise<void> {
    const backoff = new Backoff(this.#parts.retryBaseMs, this.#parts.retryMaxMs);
    let opened = 0;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const ending = this.#ending;
      const before = this.#run()?.lastOrdinal ?? 0;
      const outcome = await this.#readOnce(opened);
      opened += 1;
      if (outcome === 'stopped') return;
      const after = this.#run()?.lastOrdinal ?? 0;
      if (after > before) backoff.reset();
      failures = outcome === 'failed' && after === before ? failures + 1 : 0;
      if (ending !== undefined && failures >= TRIES_AFTER_END) return this.#finish(ending);
      // Whole only when a subscription that began after the end brought nothing new.
      if (ending !== undefined && outcome === 'ended' && after === before) return this.#finish(ending);
      if (this.#ending !== undefined && outcome === 'ended') continue;
      // The end may have become known while the stream was refused.
      if (outcome === 'gone') return this.#ending === undefined ? this.#lost() : this.#finish(this.#ending);
      await backoff.wait(this.#stop.signal);
    }
  }

  /** One subscription from the last stored envelope. */
  async #readOnce(opened: number): Promise<'ended' | 'failed' | 'gone' | 'stopped'> {
    const { link, logger } = this.#parts;
    const run = this.#run();
    if (run === undefined) return 'stopped';
    let ordinal = run.lastOrdinal;
    const storing: Promise<void>[] = [];
    try {
      if (opened === 0) await this.#note(ordinal === 0 ? 'opened' : 'recovered', `after envelope ${ordinal}`);
      const subscription = link.subscribe(this.#sessionId, ordinal, this.#stop.signal);
      this.#subscription = subscription;
      if (this.#ending !== undefined) subscription.finish();
      for await (const envelope of subscription) {
        ordinal += 1;
        const stored = this.#store(envelope, ordinal);
        // It is awaited below, perhaps after it has failed.
        stored.catch(() => undefined);
        // One write takes all that is waiting; the limit holds the runtime back while the disk is slow.
        if (storing.push(stored) > MAX_STORING) await storing.shift();
        if (envelope.messageType !== 'Commitment') continue;
        this.#committed = true;
        this.#onEnd('RESOLVED', undefined);
      }
      await Promise.all(storing);
      return this.#stop.signal.aborted ? 'stopped' : 'ended';
    } catch (error) {
      if (this.#stop.signal.aborted) return 'stopped';
      if (!isMacpError(error)) throw error;
      logger.debug('a session stream ended', { sessionId: this.#sessionId, code: error.code });
      if (error.code === 'SESSION_NOT_FOUND') return 'gone';
      await this.#note(STREAM_STATUS[error.code] ?? 'reconnecting', `${error.code} after envelope ${ordinal}`);
      // Compacted history will not come back, and rights do not grow: keep what there is.
      return STREAM_STATUS[error.code] !== undefined && this.#ending !== undefined ? 'gone' : 'failed';
    } finally {
      // The next subscription begins after what is stored by now.
      await Promise.allSettled(storing);
      this.#subscription = undefined;
    }
  }

  async #store(envelope: Envelope, ordinal: number): Promise<void> {
    await this.#append((run) => {
      // After a failed write the store went back; going on would leave a gap.
      if (run.lastOrdinal !== ordinal - 1)
        throw new MacpError(
          'INTERNAL_ERROR',
          `envelope ${ordinal} of ${this.#sessionId} does not follow the stored ${run.lastOrdinal}; reading again from there`,
        );
      return envelopeStep(run, envelope, ordinal);
    });
  }

  /** First sight of the metadata: what is bound, and the policy that will judge. */
  async #bind(session: SessionMetadata): Promise<void> {
    const run = this.#run();
    if (run === undefined || run.metadata['bound'] === true) return;
    const policyId = session.policyVersion === '' ? 'policy.default' : session.policyVersion;
    const policy = policyResolvedEvent(policyId, await this.#fetchPolicy(policyId));
    await this.#append((current) => {
      // Another event may have bound it while the policy was fetched.
      if (current.metadata['bound'] === true) return undefined;
      const startedAt = current.startedAt ?? isoOf(session.startedAtUnixMs);
      const metadata = { ...current.metadata, bound: true, modeName: session.mode, policyVersion: policyId, initiator: session.initiator };
      return { patch: { metadata, startedAt }, events: [sessionBoundEvent(session), ...(policy === undefined ? [] : [policy])] };
    });
  }

  async #fetchPolicy(policyId: string): Promise<Awaited<ReturnType<RuntimeLink['getPolicy']>> | undefined> {
    try {
      return await this.#parts.link.getPolicy(policyId, this.#stop.signal);
    } catch (error) {
      // Without it the run is recorded all the same; only its outcome cannot be explained.
      this.#parts.logger.warn('the policy of a session could not be read', { sessionId: this.#sessionId, policyId, error: String(error) });
      return undefined;
    }
  }

  #onEnd(ending: EndState, session: SessionMetadata | undefined): void {
    this.#endMetadata ??= session;
    this.#ending ??= ending;
    clearTimeout(this.#finishTimer);
    // The event may overtake the Commitment (runtime.md §10): give the stream time to bring it.
    const waits = this.#ending === 'RESOLVED' && !this.#committed && this.#run()?.metadata['finalAction'] === undefined;
    if (waits) this.#finishTimer = setTimeout(() => this.#subscription?.finish(), this.#parts.drainMs);
    else this.#subscription?.finish();
  }

  async #finish(ending: EndState): Promise<void> {
    clearTimeout(this.#finishTimer);
    const { status, event, errorCode, errorMessage } = ENDING[ending];
    const endedAt = this.#now();
    await this.#append((run) => {
      if (!canBecome(run.status, status)) return undefined;
      const { cancelReason } = run.metadata;
      const reason = ending === 'CANCELLED' && typeof cancelReason === 'string' ? { reason: cancelReason } : {};
      const error = errorCode === null ? {} : { error: { code: errorCode, message: errorMessage } };
      const durationMs = run.startedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(run.startedAt));
      return {
        patch: { status, endedAt, errorCode, errorMessage, metadata: { ...run.metadata, durationMs } },
        events: [stateEvent(this.#sessionId, ending, this.#endMetadata, ending), runEvent(event, run, { status, endedAt, ...reason, ...error })],
      };
    });
  }

  /** The runtime no longer knows a session that it had, and nobody saw its end. */
  async #lost(): Promise<void> {
    const endedAt = this.#now();
    await this.#append((run) => {
      if (!canBecome(run.status, 'failed')) return undefined;
      const errorMessage = `the runtime no longer knows the session; ${run.lastOrdinal} envelope(s) were recorded. It was restarted without storage, or the session was evicted`;
      const error = { code: 'SESSION_NOT_FOUND', message: errorMessage };
      return {
        patch: { status: 'failed', endedAt, errorCode: error.code, errorMessage },
        events: [runEvent('run.failed', run, { status: 'failed', endedAt, error })],
      };
    });
  }

  /** Told once: a runtime that stays away for hours adds one line, not thousands. */
  async #note(status: string, detail: string): Promise<void> {
    if (`${status} ${detail}` === this.#lastNote) return;
    this.#lastNote = `${status} ${detail}`;
    await this.#append(() => ({ events: [streamEvent(this.#sessionId, status, detail)] }));
  }

  /** Nothing for a run that was removed meanwhile. */
  async #append(step: MakeStep): Promise<void> {
    if (this.#run() !== undefined) await this.#parts.store.append(this.#runId, step);
  }

  #now(): string {
    return new Date(this.#parts.nowUnixMs()).toISOString();
  }
}

/** Envelopes of one session on their way to the disk. */
const MAX_STORING = 64;
/** A session whose end is known, but whose last envelopes cannot be had, is closed after so many tries. */
const TRIES_AFTER_END = 8;

const STREAM_STATUS: Readonly<Record<string, string>> = { HISTORY_UNAVAILABLE: 'history_unavailable', FORBIDDEN: 'refused', UNAUTHENTICATED: 'refused' };

/** Asks for a state until it is final or the time is over. */
export async function confirmEnd(link: RuntimeLink, sessionId: string, timeoutMs: number, signal?: AbortSignal): Promise<SessionState | undefined> {
  const endMs = performance.now() + timeoutMs;
  let state: SessionState | undefined;
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_000)) {
    state = fromWireState((await link.getSession(sessionId, signal)).state);
    if (endState(state) !== undefined || performance.now() + waitMs > endMs || signal?.aborted === true) return state;
    await pause(waitMs, signal);
  }
}

function isoOf(unixMs: number | undefined): string | null {
  return unixMs === undefined || unixMs <= 0 ? null : new Date(unixMs).toISOString();
}
