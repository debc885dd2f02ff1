import type { JsonObject } from '../json-value.js';

/** What the summary of a batch is made of, one for each case. */
export interface SummaryInput {
  /** The action that was committed, or the state in which the session ended without one. */
  readonly decided: string;
  readonly durationMs: number;
  readonly passed: boolean;
  readonly votes: readonly { readonly sender: string; readonly vote: string }[];
  /** What is known to be right. */
  readonly label?: string | undefined;
}

export interface BatchSummary {
  readonly cases: number;
  readonly passed: number;
  /** How often each action was committed, or state reached without one; most first. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds from the first bootstrap handed out to the end of the session. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Cases in which not all who voted APPROVE or REJECT said the same, and who against whom. */
  readonly disagreements: { readonly cases: number; readonly pairs: readonly { readonly between: readonly [string, string]; readonly cases: number }[] };
  /** Present when a case carries a label. */
  readonly confusion?: {
    readonly labelled: number;
    /** Share of the labelled cases in which the label was decided. */
    readonly accuracy: number;
    /** By label, then by what was decided. */
    readonly matrix: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

/** Sums up the cases of a batch; what it keeps of each is a number and some counts. */
export class BatchStatistics {
  readonly #durations: number[] = [];
  readonly #outcomes = new Map<string, number>();
  readonly #pairs = new Map<string, number>();
  readonly #matrix = new Map<string, Map<string, number>>();
  #passed = 0;
  #disagreed = 0;

  get cases(): number {
    return this.#durations.length;
  }

  add({ decided, durationMs, passed, votes, label }: SummaryInput): void {
    this.#durations.push(durationMs);
    if (passed) this.#passed += 1;
    count(this.#outcomes, decided);
    if (label !== undefined) {
      const row = this.#matrix.get(label) ?? new Map<string, number>();
      this.#matrix.set(label, row);
      count(row, decided);
    }
    const sides = votes.filter(({ vote }) => vote === 'APPROVE' || vote === 'REJECT').toSorted((a, b) => a.sender.localeCompare(b.sender));
    const pairs = sides.flatMap((one, index) => sides.slice(index + 1).flatMap((other) => (one.vote === other.vote ? [] : [[one.sender, other.sender]])));
    if (pairs.length > 0) this.#disagreed += 1;
    for (const pair of pairs) count(this.#pairs, JSON.stringify(pair));
  }

  summary(): BatchSummary {
    const sorted = this.#durations.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
    const labelled = [...this.#matrix.values()].flatMap((row) => [...row.values()]).reduce((sum, n) => sum + n, 0);
    const right = [...this.#matrix].reduce((sum, [label, row]) => sum + (row.get(label) ?? 0), 0);
    return {
      cases: sorted.length,
      passed: this.#passed,
      outcomes: ranked(this.#outcomes),
      latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
      disagreements: {
        cases: this.#disagreed,
        pairs: Object.entries(ranked(this.#pairs)).map(([pair, cases]) => ({ between: JSON.parse(pair) as [string, string], cases })),
      },
      ...(labelled === 0
        ? {}
        : { confusion: { labelled, accuracy: right / labelled, matrix: Object.fromEntries([...this.#matrix].map(([label, row]) => [label, ranked(row)])) } }),
    };
  }
}

/** What a line of a results file says about its case; undefined for a line that is none. */
export function readSummaryInput(line: JsonObject): SummaryInput | undefined {
  const { passed, durationMs, label, outcome } = line as {
    passed?: unknown;
    durationMs?: unknown;
    label?: unknown;
    outcome?: { state?: string; commitment?: { action?: string }; votes?: SummaryInput['votes'] };
  };
  if (typeof passed !== 'boolean' || typeof durationMs !== 'number') return undefined;
  return {
    decided: outcome?.commitment?.action ?? outcome?.state ?? 'NONE',
    durationMs,
    passed,
    votes: outcome?.votes ?? [],
    ...(typeof label === 'string' ? { label } : {}),
  };
}

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
const ranked = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
