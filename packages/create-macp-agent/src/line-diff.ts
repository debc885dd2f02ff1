const CONTEXT = 2;

/** The lines in which two texts differ, with two around them, `-` the first and `+` the second; empty for equal texts. */
export function lineDiff(before: string, after: string): string[] {
  const steps = edits(before.replace(/\n$/, '').split('\n'), after.replace(/\n$/, '').split('\n'));
  const near = steps.map((_step, index) => steps.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== ' '));
  return steps.flatMap(([sign, line], index) => {
    if (near[index] !== true) return [];
    const gap = index > 0 && near[index - 1] !== true ? ['…'] : [];
    return [...gap, `${sign}${line}`];
  });
}

type Step = readonly [sign: ' ' | '-' | '+', line: string];

/** Longest common subsequence over lines; files of a project are a few hundred lines. */
function edits(before: readonly string[], after: readonly string[]): Step[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      common[row * width + column] = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const steps: Step[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      steps.push([' ', before[row] ?? '']);
      row += 1;
      column += 1;
    } else if (column >= after.length || (row < before.length && at(row + 1, column) >= at(row, column + 1))) {
      steps.push(['-', before[row] ?? '']);
      row += 1;
    } else {
      steps.push(['+', after[column] ?? '']);
      column += 1;
    }
  }
  return steps;
}
