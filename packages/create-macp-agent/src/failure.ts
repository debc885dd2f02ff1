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

/** An expected end of the command: shown as message and hint, never as a stack. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  /** What to do next; may hold several lines. */
  readonly hint: string | undefined;

  constructor(code: FailureCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
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
