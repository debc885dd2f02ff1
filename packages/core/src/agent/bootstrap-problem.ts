import { MacpError } from '@macp-agent/protocol';

/** Who can fix a problem: an onboarding step (1 to 5), or the part that wrote or passed the document. */
export type BootstrapStep = 'step 1' | 'step 2' | 'step 3' | 'step 4' | 'step 5' | 'producer' | 'launch' | 'transport' | 'scenario' | 'policy';

/** One thing that is wrong with a bootstrap document. Never holds a value of the document. */
export interface BootstrapProblem {
  /** Where, in the nested spelling: `runtime.bearerToken`. Empty when it is about the whole document. */
  readonly path: string;
  /** What must hold, as a phrase after the path: `is required`. */
  readonly rule: string;
  /** Type of what was found: `nothing`, `an empty string`, `a number`, ... */
  readonly found: string;
  readonly step: BootstrapStep;
  /** What to do. */
  readonly fix: string;
}

/** Code INVALID_BOOTSTRAP: the document, file or environment cannot start an agent. `problems` lists all of them at once. */
export class InvalidBootstrapError extends MacpError {
  readonly problems: readonly BootstrapProblem[];

  constructor(source: string, problems: readonly BootstrapProblem[], options: { cause?: unknown } = {}) {
    const lines = problems.map((problem) => `  - ${describeProblem(problem)}`);
    super('INVALID_BOOTSTRAP', `cannot use the bootstrap of ${source}:\n${lines.join('\n')}`, { ...options, context: { path: source } });
    this.problems = problems;
  }
}

/** One line for people: path, rule, found type, step and fix. */
export function describeProblem({ path, rule, found, step, fix }: BootstrapProblem): string {
  const subject = path === '' ? rule : `bootstrap.${path} ${rule}`;
  const owner = step.startsWith('step') ? `onboarding ${step}` : step;
  return `${subject} (found ${found}). Fix (${owner}): ${fix}`;
}

/** The type of a value in words; the value itself may be a secret. */
export function foundType(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
