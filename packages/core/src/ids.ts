import { randomUUID } from 'node:crypto';

/** A session id that every runtime accepts: a lower-case UUID version 4 (RFC-MACP-0004 §5). */
export function newSessionId(): string {
  return randomUUID();
}

/** A message id, unique in its session: the runtime accepts each once, so a repeated send is harmless (RFC-MACP-0001 §8.2). */
export function newMessageId(): string {
  return randomUUID();
}

/** An id for a Commitment. */
export function newCommitmentId(): string {
  return randomUUID();
}
