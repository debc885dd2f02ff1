/** What the runtime counts, by mode (runtime.md §1.4). */
export const COUNTERS = [
  'macp_messages_accepted_total',
  'macp_messages_rejected_total',
  'macp_sessions_started_total',
  'macp_sessions_resolved_total',
  'macp_sessions_expired_total',
  'macp_sessions_cancelled_total',
  'macp_sessions_suspended_total',
  'macp_sessions_resumed_total',
  'macp_commitments_accepted_total',
  'macp_commitments_rejected_total',
] as const;

export type CounterName = (typeof COUNTERS)[number];

/** Clients choose the mode of an envelope, so the number of label values has a limit. */
const MAX_MODES = 1000;
const OVERFLOW = '_overflow';

/** Counters in memory, written as Prometheus text on request. */
export class Counters {
  readonly #values = new Map<CounterName, Map<string, number>>(COUNTERS.map((name) => [name, new Map()]));
  readonly #modes = new Set<string>();
  #replayMismatches = 0;

  add(name: CounterName, mode: string): void {
    const values = this.#values.get(name) as Map<string, number>;
    const label = this.#labelOf(mode);
    values.set(label, (values.get(label) ?? 0) + 1);
  }

  addReplayMismatch(): void {
    this.#replayMismatches += 1;
  }

  /** Text format 0.0.4. */
  toText(): string {
    const lines: string[] = [];
    for (const [name, values] of this.#values) {
      lines.push(`# TYPE ${name} counter`);
      for (const [mode, value] of values) lines.push(`${name}{mode="${escapeLabel(mode)}"} ${value}`);
    }
    lines.push('# TYPE macp_replay_mismatches_total counter', `macp_replay_mismatches_total ${this.#replayMismatches}`);
    return `${lines.join('\n')}\n`;
  }

  #labelOf(mode: string): string {
    if (this.#modes.has(mode)) return mode;
    if (this.#modes.size >= MAX_MODES) return OVERFLOW;
    this.#modes.add(mode);
    return mode;
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
