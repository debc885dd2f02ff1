import { applyRecord, MacpError, openSession, type Mode, type SessionView } from '@macp-agent/protocol';
import type { LogRecord } from '../log/session-log.js';
import type { Kernel } from './kernel.js';

/**
 * Puts back what an earlier process left: bound policy, deadline base, dedup ids and all (runtime.md §16.4). Finished sessions are
 * only known by name until somebody asks for one. A session that cannot be replayed is left out with a warning that names it;
 * `strict` replays all of them now and refuses to start instead.
 */
export async function recoverSessions(kernel: Kernel, strict: boolean): Promise<void> {
  const { log, logger, clock, retentionMs } = kernel.parts;
  const keepAfterUnixMs = clock.nowUnixMs() - retentionMs;
  let [running, finished] = [0, 0];
  for (const stored of await log.recover()) {
    const { sessionId } = stored;
    if ('finished' in stored && !strict) {
      const { startedAtUnixMs } = stored.finished;
      if (startedAtUnixMs <= keepAfterUnixMs) {
        log.evict(sessionId);
      } else {
        kernel.sessions.restoreFinished(sessionId, startedAtUnixMs);
        finished += 1;
      }
      continue;
    }
    const records = 'damage' in stored ? [] : log.read(sessionId);
    const view = replayWithBinding(kernel, records);
    if (view === undefined) {
      const text = stopped(sessionId, 'damage' in stored ? stored.damage : undefined);
      if (strict) throw new MacpError('INTERNAL_ERROR', `strict recovery: ${text}`, { context: { sessionId } });
      logger.warn(text, { sessionId });
    } else if ('finished' in stored && stored.finished.startedAtUnixMs <= keepAfterUnixMs) {
      log.evict(sessionId);
    } else {
      kernel.sessions.restore(view, records);
      running += 1;
    }
  }
  if (running + finished > 0) logger.info(`found in the log: ${running} sessions replayed, ${finished} finished ones to be replayed when asked for`);
}

/** A finished session of an earlier process, now that somebody asks; undefined, with a warning, when its history cannot be replayed. */
export function replayFinished(kernel: Kernel, sessionId: string): { readonly view: SessionView; readonly records: readonly LogRecord[] } | undefined {
  const records = kernel.history(sessionId);
  const view = replayWithBinding(kernel, records);
  if (view === undefined) kernel.parts.logger.warn(stopped(sessionId), { sessionId });
  return view === undefined ? undefined : { view, records };
}

const stopped = (sessionId: string, problem = 'its history cannot be replayed'): string => `session ${sessionId} is stopped: ${problem}; the others go on`;

/** The view of a history by what was bound at its start, never by live configuration; undefined when it has no start. */
export function replayWithBinding(kernel: Kernel, records: readonly LogRecord[]): SessionView | undefined {
  const [start, ...later] = records;
  if (start?.kind !== 'start') return undefined;
  const registered = kernel.parts.modes.get(start.envelope.mode);
  return replayWithMode(start, later, registered?.descriptor.modeVersion === start.bound.modeVersion ? registered : undefined);
}

function replayWithMode(start: Extract<LogRecord, { kind: 'start' }>, later: readonly LogRecord[], mode: Mode | undefined): SessionView {
  const opened = openSession(start.envelope, start.atUnixMs, start.policy, mode);
  let view: SessionView = { ...opened, binding: { ...opened.binding, ...start.bound } };
  for (const record of later) if (record.kind !== 'start') view = applyRecord(view, record);
  return view;
}
