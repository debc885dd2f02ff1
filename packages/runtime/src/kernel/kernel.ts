import { CONTROL_ID_PREFIX, refuse, RUNTIME_ONLY_TYPES, type Envelope, type SessionMetadata } from '@macp-agent/protocol';
import type { Caller } from '../auth/identity.js';
import type { Clock } from '../clock.js';
import type { Hub } from '../hub/hub.js';
import type { LogRecord, SessionLog } from '../log/session-log.js';
import type { Logger } from '../logger.js';
import { chain, type MaybePromise } from '../maybe-promise.js';
import type { Counters } from '../metrics/counters.js';
import type { ModeRegistry } from '../registry/mode-registry.js';
import type { PolicyRegistry } from '../registry/policy-registry.js';
import { admitAmbient } from './admit-ambient.js';
import { admitMessage } from './admit-message.js';
import { admitStart } from './admit-start.js';
import { Expiry } from './expiry.js';
import type { LiveSession } from './live-session.js';
import { metadataOf } from './metadata.js';
import type { Outcome } from './outcome.js';
import { RateLimiter, type RateLimits } from './rate-limiter.js';
import { replayFinished } from './recover.js';
import { SessionTable } from './session-table.js';

/** What the kernel is made of. */
export interface KernelParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: SessionLog;
  readonly hub: Hub;
  readonly counters: Counters;
  readonly modes: ModeRegistry;
  readonly policies: PolicyRegistry;
  readonly rateLimits: RateLimits;
  /** How often finished sessions and silent senders are looked for, in milliseconds. */
  readonly sweepIntervalMs: number;
  /** How long after its start a finished session stays in memory, in milliseconds. */
  readonly retentionMs: number;
  /** How long after its start a finished session stays on disk, in milliseconds; 0: for ever. */
  readonly diskRetentionMs: number;
}

const LISTED_PER_TURN = 100;

/** Decides what is accepted, and keeps the sessions. Total: verdicts are values, nothing here throws for bad input. */
export class Kernel {
  readonly parts: KernelParts;
  readonly sessions: SessionTable;
  readonly expiry: Expiry;
  readonly #rates: RateLimiter;

  constructor(parts: KernelParts) {
    this.parts = parts;
    this.#rates = new RateLimiter(parts.rateLimits);
    this.sessions = new SessionTable({ ...parts, replay: (sessionId) => replayFinished(this, sessionId), due: (session) => this.expiry.watch(session) });
    this.expiry = new Expiry(this.sessions, parts, (nowUnixMs) => this.#rates.sweep(nowUnixMs));
  }

  /** Checks 9 to 24 of runtime.md §4, for an envelope whose shape and credential are in order. */
  accept(envelope: Envelope, caller: Caller): MaybePromise<Outcome> {
    const { messageType, mode, sender } = envelope;
    if (sender !== '' && sender !== caller.sender)
      return refuse('UNAUTHENTICATED', `the envelope names the sender ${sender}, the credential is that of ${caller.sender}`);
    const isStart = messageType === 'SessionStart';
    if (isStart && !caller.canStartSessions) return refuse('FORBIDDEN', `${caller.sender} may not start sessions`);
    if (caller.allowedModes !== undefined && !caller.allowedModes.has(mode))
      return refuse('FORBIDDEN', `${caller.sender} may not use the mode ${mode || '(none)'}`);
    const nowUnixMs = this.parts.clock.nowUnixMs();
    if (!this.#rates.admit(isStart ? 'start' : 'message', caller.sender, nowUnixMs))
      return refuse('RATE_LIMITED', `${caller.sender} sends too often; wait up to a minute`);
    if (RUNTIME_ONLY_TYPES.has(messageType)) return refuse('FORBIDDEN', `${messageType} is written by the runtime only; use the RPC of that name`);
    if (envelope.messageId.startsWith(CONTROL_ID_PREFIX))
      return refuse('INVALID_ENVELOPE', `message ids that begin with ${CONTROL_ID_PREFIX} are the runtime's`);
    const stamped: Envelope = { ...envelope, sender: caller.sender, timestampUnixMs: envelope.timestampUnixMs > 0 ? envelope.timestampUnixMs : nowUnixMs };
    if (isStart) return admitStart(this, stamped, caller, nowUnixMs);
    if (messageType === 'Signal' || messageType === 'Progress') return admitAmbient(this, stamped, nowUnixMs);
    return admitMessage(this, stamped, nowUnixMs);
  }

  /** The session as readers see it, its expiry written down; undefined when unknown. */
  find(sessionId: string): MaybePromise<LiveSession | undefined> {
    const session = this.sessions.get(sessionId);
    if (session?.stored === undefined) return undefined;
    return chain(this.sessions.expireIfDue(session, this.parts.clock.nowUnixMs()), () => session);
  }

  /**
   * Metadata of at most `limit` sessions in memory that `shows` lets pass, in order of their start; those with a serial above
   * `afterSerial`. Others get their turn in between: finished sessions of an earlier process may have to be folded first.
   */
  async list(
    afterSerial: number,
    limit: number,
    shows: (session: LiveSession) => boolean,
  ): Promise<{ readonly serial: number; readonly metadata: SessionMetadata }[]> {
    const found: { serial: number; metadata: SessionMetadata }[] = [];
    let seen = 0;
    for (const session of this.sessions.all(afterSerial)) {
      const { stored, serial } = session;
      if (stored !== undefined && shows(session)) found.push({ serial, metadata: metadataOf(session, stored) });
      if (found.length >= limit) break;
      seen += 1;
      if (seen % LISTED_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return found;
  }

  history(sessionId: string): readonly LogRecord[] {
    return this.parts.log.read(sessionId);
  }

  close(): void {
    this.expiry.stop();
  }
}

/** Participants, the initiator, and observers may read a session (runtime.md §8, §9.3). */
export function mayRead(session: LiveSession, caller: Caller): boolean {
  return isMember(session.view.binding, caller);
}

/** The same for what stays of a session. */
export function isMember({ initiator, participants }: { readonly initiator: string; readonly participants: readonly string[] }, caller: Caller): boolean {
  return caller.isObserver || caller.sender === initiator || participants.includes(caller.sender);
}
