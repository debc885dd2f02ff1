import { isMacpError, withoutCode } from '@macp-agent/protocol';
import { InvalidInputsError } from '@macp-agent/scenarios';
import type { CliContext } from './cli.js';

/** Says what failed: on stderr for people, as the last JSON object on stdout with `--json`. */
export function reportError(error: unknown, { output, json, config }: CliContext): void {
  const code = isMacpError(error) ? error.code : 'INTERNAL_ERROR';
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    output.json({ type: 'error', code, message, ...(error instanceof InvalidInputsError ? { problems: error.problems } : {}) });
    return;
  }
  output.error(`macp: ${withoutCode(code, message)} [${code}]`);
  const debug = config.env['MACP_LOG_LEVEL'] === 'debug';
  // Not one of ours: without the place nobody can mend it.
  if ((debug || !isMacpError(error)) && error instanceof Error && error.stack !== undefined) output.note(error.stack);
}
