import type { KernelParts } from './kernel.js';
import type { LiveSession } from './live-session.js';
import { dueAtUnixMs, type SessionTable } from './session-table.js';

/** Expiries within this time of each other share one look at the table. */
const GRANULARITY_MS = 50;

/**
 * Writes expiries down when they happen, and not only when someone asks: deadlines of open sessions and caps of suspended
 * ones (DIFF-15). Finished sessions leave memory and disk by the sweep.
 */
export class Expiry {
  readonly #sessions: SessionTable;
  readonly #parts: KernelParts;
  readonly #onSweep: (nowUnixMs: number) => void;
  #cancelAlarm: (() => void) | undefined;
  #alarmAtUnixMs = Number.POSITIVE_INFINITY;
  #cancelSweep: (() => void) | undefined;
  #stopped = false;

  constructor(sessions: SessionTable, parts: KernelParts, onSweep: (nowUnixMs: number) => void) {
    this.#sessions = sessions;
    this.#parts = parts;
    this.#onSweep = onSweep;
    this.#armSweep();
  }

  /** Looks at this session again when it is due. */
  watch(session: LiveSession): void {
    this.#arm(dueAtUnixMs(session.view));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelAlarm?.();
    this.#cancelSweep?.();
  }

  #arm(dueUnixMs: number): void {
    if (this.#stopped || dueUnixMs >= this.#alarmAtUnixMs) return;
    this.#cancelAlarm?.();
    this.#alarmAtUnixMs = dueUnixMs;
    const delayMs = Math.max(GRANULARITY_MS, dueUnixMs - this.#parts.clock.nowUnixMs() + 1);
    this.#cancelAlarm = this.#parts.clock.after(delayMs, () => this.#expireAll());
  }

  #expireAll(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#alarmAtUnixMs = Number.POSITIVE_INFINITY;
    const nowUnixMs = this.#parts.clock.nowUnixMs();
    let next = Number.POSITIVE_INFINITY;
    for (const session of this.#sessions.running()) {
      void this.#sessions.expireIfDue(session, nowUnixMs);
      next = Math.min(next, dueAtUnixMs(session.view));
    }
    this.#arm(next);
  }

  #armSweep(): void {
    this.#cancelSweep = this.#parts.clock.after(this.#parts.sweepIntervalMs, () => {
      this.#sweep();
      if (!this.#stopped) this.#armSweep();
    });
  }

  #sweep(): void {
    const { clock, retentionMs } = this.#parts;
    const nowUnixMs = clock.nowUnixMs();
    this.#onSweep(nowUnixMs);
    // The alarm is late when the clock was set, or the machine slept.
    this.#expireAll();
    this.#sessions.evictFinished(nowUnixMs - retentionMs);
    void this.#tidyDisk(nowUnixMs);
  }

  async #tidyDisk(nowUnixMs: number): Promise<void> {
    const { log, logger, diskRetentionMs } = this.#parts;
    try {
      const deleted = diskRetentionMs === 0 ? 0 : await log.deleteBefore(nowUnixMs - diskRetentionMs);
      if (deleted > 0) logger.info(`deleted ${deleted} finished sessions from disk`);
      const compacted = await log.compact();
      if (compacted > 0) logger.info(`compacted the history of ${compacted} finished sessions`);
    } catch (error) {
      logger.warn('finished sessions could not be taken from disk; the next sweep tries again', { err: error });
    }
  }
}
