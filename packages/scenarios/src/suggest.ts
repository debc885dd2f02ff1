/** The candidates that look most like a mistyped word, best first; at most three, none when nothing is close. */
export function suggest(word: string, candidates: Iterable<string>): string[] {
  const wanted = word.toLowerCase();
  const limit = Math.max(2, Math.floor(word.length / 3));
  return (
    [...new Set(candidates)]
      .map((candidate) => ({ candidate, distance: score(wanted, candidate.toLowerCase()) }))
      // Two edits in four letters are another word.
      .filter(({ candidate, distance }) => distance <= Math.min(limit, Math.max(1, 0.4 * Math.max(word.length, candidate.length))))
      .toSorted((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
      .slice(0, 3)
      .map(({ candidate }) => candidate)
  );
}

/** ` Did you mean x?`, or the empty string. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const close = suggest(word, candidates);
  return close.length === 0 ? '' : ` Did you mean ${close.join(' or ')}?`;
}

/** A word that starts with what was typed is one edit away, however long it is. */
const score = (wanted: string, candidate: string): number => (wanted.length >= 3 && candidate.startsWith(wanted) ? 1 : editDistance(wanted, candidate));

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
