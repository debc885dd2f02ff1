import { isMacpError, withoutCode } from '@macp-agent/protocol';
import { InvalidInputsError } from '@macp-agent/scenarios';
import type { CliContext } from './cli-context.js';
import { InvalidUsageError } from './run/usage-problems.js';

/** Says what failed: on stderr for people, as the last JSON object on stdout with `--json`. */
export function reportError(error: unknown, { output, json, config, signal }: CliContext): void {
  const code = isMacpError(error) ? error.code : 'INTERNAL_ERROR';
  // Which call it was that somebody stopped matters to nobody.
  const stopped = code === 'ABORTED' && signal.aborted ? (signal.reason as unknown) : undefined;
  const said = stopped instanceof Error && stopped.name === 'Error' ? stopped : error;
  const message = said instanceof Error ? said.message : String(said);
  if (json) {
    output.json({ type: 'error', code, message, ...problemsOf(error) });
    return;
  }
  const [first = '', ...rest] = withoutCode(code, message).split('\n');
  const lead = rest.length > 0 && first.endsWith(':') ? `${first.slice(0, -1)} [${code}]:` : `${first} [${code}]`;
  output.error([`macp: ${lead}`, ...rest].join('\n'));
  const debug = config.env['MACP_LOG_LEVEL'] === 'debug';
  // Not one of ours: without the place nobody can mend it.
  if ((debug || !isMacpError(error)) && error instanceof Error && error.stack !== undefined) output.note(error.stack);
}

function problemsOf(error: unknown): object {
  if (error instanceof InvalidUsageError)
    return { problems: error.problems.map(({ path, rule, example, code }) => ({ path, rule, example: example ?? null, code })) };
  return error instanceof InvalidInputsError ? { problems: error.problems } : {};
}
