import { Failure, type FailureCode } from './failure.js';

/** One thing that is wrong with a command line, with all a reader needs to mend it. */
export interface Problem {
  readonly code: Extract<FailureCode, 'USAGE' | 'UNKNOWN_TEMPLATE' | 'INVALID_NAME'>;
  /** What was typed, as "--role boss". */
  readonly argument: string;
  /** What it breaks. */
  readonly rule: string;
  readonly allowed?: readonly string[];
  /** The nearest of what is allowed, as it would be typed. */
  readonly didYouMean?: string;
  /** Something that works, as it would be typed. */
  readonly example: string;
}

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
