import type { GroupFailure } from '../launch/agent-group.js';

/** How a run stops being one. */
export type Ending =
  | { readonly by: 'session' }
  | { readonly by: 'observer'; readonly error: unknown }
  | { readonly by: 'agents'; readonly failure: GroupFailure }
  | { readonly by: 'limit'; readonly runMs: number }
  | { readonly by: 'abort'; readonly cause: unknown };

/** Why the runner ends the session, in one line that may go on the wire. Empty when the session ended by itself. */
export function reasonOf(ending: Ending): string {
  switch (ending.by) {
    case 'abort':
      return abortReason(ending.cause);
    case 'limit':
      return `the run did not end within ${ending.runMs} ms`;
    case 'agents':
      return describeFailure(ending.failure);
    case 'observer':
      return `reading the session failed: ${ending.error instanceof Error ? ending.error.message : String(ending.error)}`;
    case 'session':
      return '';
  }
}

/** The reason and, where an agent failed, the end of its log: for the person at the terminal only. */
export function explainEnding(ending: Ending): string {
  if (ending.by !== 'agents') return reasonOf(ending);
  const { logTail, logFile } = ending.failure;
  const lines = logTail.slice(-8).map((line) => `    ${line}`);
  return [`${reasonOf(ending)}; ${lines.length === 0 ? 'it wrote nothing' : 'its last lines:'}`, ...lines, `  log: ${logFile}`].join('\n');
}

function describeFailure({ participantId, exit, wasReady }: GroupFailure): string {
  const how = exit.signal === undefined ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  return `agent ${participantId} ${how} ${wasReady ? 'before the session ended' : 'before it was ready'}`;
}

/** An Error of the caller says how it was told to stop; the error that an AbortController makes by itself says nothing. */
const abortReason = (cause: unknown): string => (cause instanceof Error && cause.name === 'Error' ? cause.message : 'cancelled at the terminal');
