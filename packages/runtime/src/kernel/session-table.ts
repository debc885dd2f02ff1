import { applyRecord, controlEnvelope, isTerminal, type LifecycleEventType, type SessionView } from '@macp-agent/protocol';
import type { Clock } from '../clock.js';
import type { Hub } from '../hub/hub.js';
import type { LogRecord, SessionLog } from '../log/session-log.js';
import type { Logger } from '../logger.js';
import type { MaybePromise } from '../maybe-promise.js';
import type { CounterName, Counters } from '../metrics/counters.js';
import { LiveSession, type DormantSession } from './live-session.js';
import { metadataOf } from './metadata.js';

/** What the parts of the kernel share. */
export interface TableParts {
  readonly log: SessionLog;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  /** The history of a finished session that is not in memory yet, folded; undefined when it cannot be. */
  readonly replay: (sessionId: string) => { readonly view: SessionView; readonly records: readonly LogRecord[] } | undefined;
  /** Told whenever a session has a new moment at which it must be looked at. */
  readonly due: (session: LiveSession) => void;
}

type LaterRecord = Exclude<LogRecord, { kind: 'start' }>;

const CHANGES: Readonly<Record<Exclude<LogRecord['kind'], 'envelope'>, readonly [LifecycleEventType, CounterName]>> = {
  start: ['EVENT_TYPE_CREATED', 'macp_sessions_started_total'],
  suspend: ['EVENT_TYPE_SUSPENDED', 'macp_sessions_suspended_total'],
  resume: ['EVENT_TYPE_RESUMED', 'macp_sessions_resumed_total'],
  cancel: ['EVENT_TYPE_CANCELLED', 'macp_sessions_cancelled_total'],
  expire: ['EVENT_TYPE_EXPIRED', 'macp_sessions_expired_total'],
};

/**
 * The sessions in memory, and the one way by which their history grows: judge by `view`, append to the log, and when the
 * record is stored show it to readers and streams. Messages of one session may be appended while earlier ones are still
 * on their way to the disk; when an append fails, everything after it fails too and the view falls back.
 */
export class SessionTable {
  readonly #sessions = new Map<string, LiveSession | DormantSession>();
  /** Sessions that are not over, by initiator: for the limit of open sessions. */
  readonly #running = new Map<string, Set<LiveSession>>();
  readonly #parts: TableParts;
  #serial = 0;

  constructor(parts: TableParts) {
    this.#parts = parts;
  }

  /** A session that exists for everyone: its start is stored. */
  get(id: string): LiveSession | undefined {
    const found = this.#sessions.get(id);
    return found === undefined || found instanceof LiveSession ? found : this.#wake(found);
  }

  ids(): Iterable<string> {
    return this.#sessions.keys();
  }

  /** Sessions in the order of their start; those with a serial above `afterSerial`. */
  *all(afterSerial = 0): Iterable<LiveSession> {
    for (const found of this.#sessions.values()) {
      if (found.serial <= afterSerial) continue;
      const session = found instanceof LiveSession ? found : this.#wake(found);
      if (session !== undefined) yield session;
    }
  }

  /** Sessions that are not over. */
  *running(): Iterable<LiveSession> {
    for (const sessions of this.#running.values()) yield* sessions;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions of this initiator that are OPEN and not past their deadline. */
  countOpen(initiator: string, nowUnixMs: number): number {
    let count = 0;
    for (const { view } of this.#running.get(initiator) ?? []) if (view.state === 'OPEN' && nowUnixMs <= view.deadlineUnixMs) count += 1;
    return count;
  }

  /** Begins a session; false when its start could not be stored, and nothing is left of it. */
  open(record: Extract<LogRecord, { kind: 'start' }>, view: SessionView): MaybePromise<boolean> {
    const session = this.#add(view);
    return this.#append(session, record, view);
  }

  /** Adds a record to a session; false when it could not be stored. */
  commit(session: LiveSession, record: LaterRecord, next: SessionView = applyRecord(session.view, record)): MaybePromise<boolean> {
    return this.#append(session, record, next);
  }

  /** Puts a session back that an earlier process left in the log. */
  restore(view: SessionView, records: readonly LogRecord[]): LiveSession {
    const session = this.#add(view);
    session.restore(view, records);
    this.#settleRunning(session, view);
    this.#parts.due(session);
    return session;
  }

  /** Puts a finished session back; its history is folded when somebody asks for it, so that a start need not wait. */
  restoreFinished(id: string, startedAtUnixMs: number): void {
    this.#sessions.set(id, { id, serial: (this.#serial += 1), startedAtUnixMs });
  }

  /** Writes the expiry down when the session is past its deadline, or suspended for longer than it may. */
  expireIfDue(session: LiveSession, nowUnixMs: number): MaybePromise<boolean> {
    if (dueAtUnixMs(session.view) >= nowUnixMs) return false;
    return this.commit(session, { kind: 'expire', atUnixMs: nowUnixMs });
  }

  /** Drops the finished sessions from memory that started at this time or before. */
  evictFinished(startedUntilUnixMs: number): void {
    for (const [id, found] of this.#sessions) {
      const startedAtUnixMs = found instanceof LiveSession ? finishedSession(found)?.binding.startedAtUnixMs : found.startedAtUnixMs;
      if (startedAtUnixMs === undefined || startedAtUnixMs > startedUntilUnixMs) continue;
      this.#sessions.delete(id);
      this.#parts.log.evict(id);
    }
  }

  #wake({ id, serial }: DormantSession): LiveSession | undefined {
    const replayed = this.#parts.replay(id);
    if (replayed === undefined) {
      this.#sessions.delete(id);
      return undefined;
    }
    const session = new LiveSession(id, serial, replayed.view);
    session.restore(replayed.view, replayed.records);
    // In its own place: the order of the table is that of the starts.
    this.#sessions.set(id, session);
    return session;
  }

  #add(view: SessionView): LiveSession {
    const session = new LiveSession(view.binding.sessionId, (this.#serial += 1), view);
    this.#sessions.set(session.id, session);
    const { initiator } = view.binding;
    const running = this.#running.get(initiator);
    if (running === undefined) this.#running.set(initiator, new Set([session]));
    else running.add(session);
    return session;
  }

  #append(session: LiveSession, record: LogRecord, next: SessionView): MaybePromise<boolean> {
    let written: Promise<void> | undefined;
    try {
      written = this.#parts.log.append(session.id, record);
    } catch (error) {
      this.#reportFailure(session, record, error);
      if (record.kind === 'start') this.#forget(session);
      return false;
    }
    session.view = next;
    const messageId = record.kind === 'start' || record.kind === 'envelope' ? record.envelope.messageId : undefined;
    if (messageId !== undefined) session.messageIds.add(messageId);
    if (written === undefined) {
      this.#settle(session, record, next);
      return true;
    }
    const { epoch } = session;
    const settled = written.then(
      () => {
        if (messageId !== undefined) session.unsettled.delete(messageId);
        this.#settle(session, record, next);
        return true;
      },
      (error: unknown) => {
        this.#reportFailure(session, record, error);
        this.#fallBack(session, epoch);
        return false;
      },
    );
    if (messageId !== undefined) session.unsettled.set(messageId, settled);
    return settled;
  }

  /** The record is stored: readers, streams, counters and watchers learn of it. */
  #settle(session: LiveSession, record: LogRecord, view: SessionView): void {
    const { hub, clock, counters, due } = this.#parts;
    const { mode } = view.binding;
    const suspendedAtUnixMs = session.stored?.suspendedAtUnixMs;
    session.stored = view;
    if (record.kind === 'start' || record.kind === 'envelope') {
      const { envelope } = record;
      if (record.kind === 'envelope') session.countMessage(envelope.sender, record.atUnixMs);
      counters.add('macp_messages_accepted_total', mode);
      hub.publishEnvelope(envelope, view.ordinal);
    } else {
      hub.publishEnvelope(controlEnvelope(record, { sessionId: session.id, mode, ordinal: view.ordinal, suspendedAtUnixMs }), view.ordinal);
    }
    const change = record.kind === 'envelope' ? this.#resolved(record.envelope.messageType, view) : CHANGES[record.kind];
    if (change === undefined) return;
    counters.add(change[1], mode);
    this.#settleRunning(session, view);
    due(session);
    if (hub.lifecycle.size > 0) hub.publishLifecycle(change[0], metadataOf(session, view), clock.nowUnixMs());
  }

  #resolved(messageType: string, view: SessionView): readonly [LifecycleEventType, CounterName] | undefined {
    if (messageType !== 'Commitment') return undefined;
    this.#parts.counters.add('macp_commitments_accepted_total', view.binding.mode);
    return ['EVENT_TYPE_RESOLVED', 'macp_sessions_resolved_total'];
  }

  #settleRunning(session: LiveSession, view: SessionView): void {
    if (isTerminal(view.state)) this.#stopRunning(session);
  }

  #stopRunning(session: LiveSession): void {
    const { initiator } = session.view.binding;
    const running = this.#running.get(initiator);
    if (running?.delete(session) === true && running.size === 0) this.#running.delete(initiator);
  }

  #fallBack(session: LiveSession, epoch: number): void {
    if (session.epoch !== epoch) return;
    session.epoch += 1;
    for (const messageId of session.unsettled.keys()) session.messageIds.delete(messageId);
    session.unsettled.clear();
    if (session.stored !== undefined) {
      session.view = session.stored;
      return;
    }
    this.#forget(session);
  }

  #forget(session: LiveSession): void {
    this.#stopRunning(session);
    this.#sessions.delete(session.id);
  }

  #reportFailure({ id }: LiveSession, { kind }: LogRecord, error: unknown): void {
    this.#parts.logger.error(`session ${id}: a record could not be stored and was refused: ${(error as Error).message}`, { sessionId: id, kind, err: error });
  }
}

const finishedSession = ({ stored }: LiveSession): SessionView | undefined => (stored !== undefined && isTerminal(stored.state) ? stored : undefined);

/** Last moment at which the session may still be as it is; infinite for a finished one. */
export function dueAtUnixMs(view: SessionView): number {
  if (view.state === 'OPEN') return view.deadlineUnixMs;
  if (view.state !== 'SUSPENDED') return Number.POSITIVE_INFINITY;
  return (view.suspendedAtUnixMs ?? 0) + view.binding.maxSuspendMs - view.totalSuspendedMs;
}
