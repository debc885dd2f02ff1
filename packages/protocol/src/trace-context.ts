import { createHash } from 'node:crypto';

const hex = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);

/**
 * The W3C trace id of a session. It follows from the session id, so that runner, agents and observer write into one trace without
 * telling each other.
 */
export function traceIdOf(sessionId: string): string {
  return hex(`macp-trace/1 ${sessionId}`, 32);
}

/** The W3C span id of the session itself, or of a participant's part in it. */
export function spanIdOf(sessionId: string, participantId = ''): string {
  return hex(`macp-span/1 ${sessionId} ${participantId}`, 16);
}

/** `traceparent` (W3C Trace Context) under which a participant puts what it does for the session. */
export function traceparentOf(sessionId: string, participantId: string): string {
  return `00-${traceIdOf(sessionId)}-${spanIdOf(sessionId, participantId)}-01`;
}
