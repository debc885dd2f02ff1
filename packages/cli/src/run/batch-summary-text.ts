import type { BatchSummary } from '@macp-agent/scenarios';
import { clean, type Output } from '../output.js';
import { pad } from '../wrap.js';

const MOST_PAIRS = 5;

/** The summary of a batch for people. */
export function printSummary(output: Output, { outcomes, latencyMs, disagreements, confusion }: BatchSummary): void {
  output.line();
  const { p50, p95, p99, max } = latencyMs;
  const row = (title: string, text: string): void => output.text(`${pad(title, 15)}${text}`, 15);
  row(
    'outcomes',
    Object.entries(outcomes)
      .map(([what, count]) => `${clean(what)} ${count}`)
      .join(', '),
  );
  row('latency', `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, longest ${max} ms`);
  const pairs = disagreements.pairs.slice(0, MOST_PAIRS).map(({ between, cases }) => `${between.map(clean).join(' and ')} ${cases}`);
  row('disagreements', disagreements.cases === 0 ? 'none' : `in ${disagreements.cases} cases; ${pairs.join(', ')}`);
  if (confusion === undefined) return;
  const { labelled, accuracy, matrix } = confusion;
  row('labels', `${(accuracy * 100).toFixed(1)} % of ${labelled} labelled cases decided as labelled`);
  const decided = [...new Set(Object.values(matrix).flatMap((counts) => Object.keys(counts)))].toSorted();
  const first = Math.max(16, ...Object.keys(matrix).map((label) => clean(label).length + 2));
  const widths = decided.map((what) => Math.max(6, clean(what).length + 2));
  output.line();
  output.line(`  ${pad('label \\ decided', first)}${decided.map((what, index) => clean(what).padStart(widths[index] ?? 0)).join('')}`);
  for (const [label, counts] of Object.entries(matrix))
    output.line(`  ${pad(clean(label), first)}${decided.map((what, index) => String(counts[what] ?? 0).padStart(widths[index] ?? 0)).join('')}`);
}
