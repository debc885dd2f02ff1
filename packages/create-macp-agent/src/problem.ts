/** One thing that is wrong with a command line, with all a reader needs to mend it. */
export interface Problem {
  readonly code: 'USAGE' | 'UNKNOWN_TEMPLATE' | 'INVALID_NAME';
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
