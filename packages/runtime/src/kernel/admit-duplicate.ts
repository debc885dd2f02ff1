import type { Envelope } from '@macp-agent/protocol';
import type { MaybePromise } from '../maybe-promise.js';
import type { Kernel } from './kernel.js';
import type { LiveSession } from './live-session.js';
import type { Outcome } from './outcome.js';

/**
 * The answer to a message id that the session accepted before; undefined when it is new (runtime.md §6). While the first
 * copy is on its way to the disk, the second waits for it: if the first fails, `retry` judges the second on its own.
 */
export function admitDuplicate(
  kernel: Kernel,
  session: LiveSession,
  envelope: Envelope,
  nowUnixMs: number,
  retry: () => MaybePromise<Outcome>,
): MaybePromise<Outcome> | undefined {
  if (!session.messageIds.has(envelope.messageId)) return undefined;
  const answer = (): Outcome => ({ accepted: true, duplicate: true, state: (session.stored ?? session.view).state, atUnixMs: nowUnixMs });
  const first = session.unsettled.get(envelope.messageId);
  kernel.parts.logger.debug(`duplicate ${envelope.messageType} session_id=${session.id} sender=${envelope.sender}`);
  return first === undefined ? answer() : first.then((stored) => (stored ? answer() : retry()));
}
