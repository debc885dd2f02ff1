import { inspect } from 'node:util';
import { describeError, isMacpError } from '@macp-agent/protocol';

/** Exit status of a program that cannot work with what it was given. */
const UNUSABLE = 2;
const FAILED = 1;

/**
 * For a program that is one agent, called before anything else: an error that would end the program with a stack is printed for a person.
 * One of ours is its message, which says what to do: a bootstrap that is missing, a runtime that does not answer, a token that is not
 * known. Errors of other code keep their stack. Exit status 2 for a bootstrap that cannot be used, else 1. Idempotent; errors that are
 * caught are not its business.
 */
export function explainFailures(): void {
  if (!process.listeners('uncaughtException').includes(endProgram)) process.on('uncaughtException', endProgram);
}

function endProgram(error: unknown): void {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(isMacpError(error) && error.code === 'INVALID_BOOTSTRAP' ? UNUSABLE : FAILED);
}

function explain(error: unknown): string {
  if (!isMacpError(error)) return inspect(error);
  // The code of the agent failed, below our own.
  return error.code === 'HANDLER_FAILED' && !isMacpError(error.cause) ? `${describeError(error)}\n${inspect(error.cause)}` : describeError(error);
}
