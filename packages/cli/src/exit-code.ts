import { isMacpError, type ErrorCode } from '@macp-agent/protocol';

/** Exit codes of every command; also in its help. */
export const EXIT = { ok: 0, failed: 1, usage: 2, negative: 3, noCommitment: 4, interrupted: 130 } as const;

/** What is wrong with what was typed or configured, before anything was started. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  'INVALID_OPTIONS',
  'INVALID_BOOTSTRAP',
  'INVALID_SCENARIO_REF',
  'PACK_NOT_FOUND',
  'SCENARIO_NOT_FOUND',
  'VERSION_NOT_FOUND',
  'TEMPLATE_NOT_FOUND',
  'AGENT_NOT_FOUND',
  'INVALID_PACK_DATA',
  'INVALID_POLICY_DEFINITION',
  'VALIDATION_ERROR',
  'COMPILATION_ERROR',
]);

/** The exit code of a command that failed with this error. */
export function exitCodeOf(error: unknown): number {
  if (!isMacpError(error)) return EXIT.failed;
  if (error.code === 'ABORTED') return EXIT.interrupted;
  return USAGE.has(error.code) ? EXIT.usage : EXIT.failed;
}
