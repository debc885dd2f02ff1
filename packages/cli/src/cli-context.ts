import type { Config } from './config.js';
import type { Output } from './output.js';

/** What each command is given. */
export interface CliContext {
  readonly config: Config;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  /** Whether errors are to be printed as JSON; commands with `--json` set it. */
  json: boolean;
  exitCode: number;
}
