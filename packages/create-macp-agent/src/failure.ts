import type { Problem } from './problem.js';

/** What went wrong, as a word a program can branch on. */
export type FailureCode =
  | 'USAGE'
  | 'UNKNOWN_TEMPLATE'
  | 'INVALID_NAME'
  | 'DIRECTORY_NOT_EMPTY'
  | 'NOT_A_DIRECTORY'
  | 'PACKAGE_MANAGER_NOT_FOUND'
  | 'VENDOR_NOT_FOUND'
  | 'WRITE_FAILED'
  | 'INSTALL_FAILED'
  | 'PROJECT_NOT_FOUND'
  | 'CANCELLED'
  | 'INTERNAL';

const EXIT_CODES: Partial<Record<FailureCode, number>> = { USAGE: 2, UNKNOWN_TEMPLATE: 2, INVALID_NAME: 2, CANCELLED: 130 };

interface FailureOptions extends ErrorOptions {
  readonly problems?: readonly Problem[];
}

/** An expected end of the command: shown as message and hint, never as a stack. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  /** What to do next; may hold several lines. */
  readonly hint: string | undefined;
  /** Each thing wrong with the command line, for programs; message and hint say the same in words. */
  readonly problems: readonly Problem[];

  constructor(code: FailureCode, message: string, hint?: string, { problems = [], ...options }: FailureOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.problems = problems;
  }

  /** 1 failed, 2 wrong usage, 130 cancelled. */
  get exitCode(): number {
    return EXIT_CODES[this.code] ?? 1;
  }
}

/** Text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
