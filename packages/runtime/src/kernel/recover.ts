import { applyRecord, isTerminal, MacpError, openSession, type Mode, type SessionView } from '@macp-agent/protocol';
import type { LogRecord } from '../log/session-log.js';
import type { Kernel } from './kernel.js';

/**
 * Replays what an earlier process left: bound policy, deadline base, dedup ids and all (runtime.md §16.4). A session that
 * cannot be replayed is left out with a warning that names it; `strict` refuses to start instead.
 */
export async function recoverSessions(kernel: Kernel, strict: boolean): Promise<void> {
  const { log, logger, clock, retentionMs } = kernel.parts;
  const keepAfterUnixMs = clock.nowUnixMs() - retentionMs;
  let restored = 0;
  for (const stored of await log.recover()) {
    const { sessionId } = stored;
    const problem = 'damage' in stored ? stored.damage : undefined;
    const view = 'damage' in stored ? undefined : replayWithBinding(kernel, stored.records);
    if (view === undefined || 'damage' in stored) {
      const text = `session ${sessionId} is stopped: ${problem ?? 'its history cannot be replayed'}; the others go on`;
      if (strict) throw new MacpError('INTERNAL_ERROR', `strict recovery: ${text}`, { context: { sessionId } });
      logger.warn(text, { sessionId });
    } else if (isTerminal(view.state) && view.binding.startedAtUnixMs <= keepAfterUnixMs) {
      log.evict(sessionId);
    } else {
      kernel.sessions.restore(view, stored.records);
      restored += 1;
    }
  }
  if (restored > 0) logger.info(`${restored} sessions replayed from the log`);
}

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
