import { isMacpError, MacpError, withoutCode, type ErrorCode } from '@macp-agent/protocol';
import { describeInputProblem, InvalidInputsError, type InputProblem } from '@macp-agent/scenarios';

/** One thing that is wrong with a command line. */
export interface UsageProblem {
  /** The option, argument or input it is about: `--template`, `deviceTrustScore`. */
  readonly path: string;
  /** What must hold, or what failed. */
  readonly rule: string;
  /** Words that would do; undefined when the rule says it. */
  readonly example: string | undefined;
  readonly code: ErrorCode;
  /** All of it in one line. */
  readonly text: string;
}

/** Everything that is wrong with a command line at once; its code is that of the problems, INVALID_OPTIONS when they differ. */
export class InvalidUsageError extends MacpError {
  readonly problems: readonly UsageProblem[];

  constructor(problems: readonly UsageProblem[]) {
    const [first, ...others] = problems;
    const lines = problems.map(({ text }) => `  - ${text.replaceAll('\n', '\n    ')}`);
    super(
      first === undefined || others.some(({ code }) => code !== first.code) ? 'INVALID_OPTIONS' : first.code,
      first !== undefined && others.length === 0 ? first.text : `${problems.length} problems, nothing was started:\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}

/** Gathers problems instead of stopping at the first. */
export class UsageProblems {
  readonly #problems: UsageProblem[] = [];

  add(path: string, rule: string, { example, code = 'INVALID_OPTIONS' }: { readonly example?: string; readonly code?: ErrorCode } = {}): void {
    this.#problems.push({ path, rule, example, code, text: example === undefined ? rule : `${rule}, for example ${example}` });
  }

  addInput(problem: InputProblem): void {
    const { path, rule, example } = problem;
    this.#problems.push({
      path,
      rule,
      example: example === undefined ? undefined : `--set ${example}`,
      code: 'VALIDATION_ERROR',
      text: describeInputProblem(problem),
    });
  }

  /** Moves what another one gathered here, where `wanted` says so. */
  take(other: UsageProblems, wanted: (problem: UsageProblem) => boolean): void {
    this.#problems.push(...other.#problems.filter(wanted));
  }

  /** What `action` gives; undefined when it throws an error of ours, which is noted. */
  attempt<T>(path: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!isMacpError(error)) throw error;
      if (error instanceof InvalidInputsError) for (const problem of error.problems) this.addInput(problem);
      else this.add(path, withoutCode(error.code, error.message), { code: error.code });
      return undefined;
    }
  }

  /** Throws InvalidUsageError when there is anything to say. */
  check(): void {
    if (this.#problems.length > 0) throw new InvalidUsageError(this.#problems);
  }
}
