import { createHash } from 'node:crypto';

/**
 * A message id that names what the message does instead of when it was made. The runtime accepts each id of a session once
 * (RFC-MACP-0001 §8.2), so an agent that was restarted, and does not know yet that it has acted, cannot act twice.
 */
export function actionId(sessionId: string, sender: string, action: string, subject: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([sessionId, sender, action, subject]))
    .digest('hex');
  // The shape of a UUID version 8, which is for ids with a meaning of their own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
