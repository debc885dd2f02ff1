import { Failure } from './failure.js';
import type { Problem } from './problem.js';

/** Throws all problems at once, so that a line is mended in one go; does nothing without any. */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const codes = new Set(problems.map(({ code }) => code));
  const code = codes.size === 1 ? first.code : 'USAGE';
  if (problems.length === 1) throw new Failure(code, `${headline(first)}; nothing was written`, help(first).join('\n'), { problems });
  const lines = problems.flatMap((problem) => [headline(problem), ...help(problem).map((line) => `  ${line}`)]);
  throw new Failure(code, `${problems.length} problems; nothing was written`, lines.join('\n'), { problems });
}

function headline({ argument, rule }: Problem): string {
  return `${argument}: ${rule}`;
}

function help({ allowed, didYouMean, example }: Problem): string[] {
  return [
    ...(allowed === undefined ? [] : [`one of: ${allowed.join(', ')}`]),
    ...(didYouMean === undefined ? [] : [`did you mean ${didYouMean}?`]),
    `example: ${example}`,
  ];
}
