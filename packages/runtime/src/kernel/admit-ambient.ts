import { decodePayload, refuse, type Envelope, type SignalPayload } from '@macp-agent/protocol';
import type { Kernel } from './kernel.js';
import type { Outcome } from './outcome.js';

/** Signals and Progress: broadcast, never stored, never changing a session (runtime.md §11). */
export function admitAmbient(kernel: Kernel, envelope: Envelope, nowUnixMs: number): Outcome {
  const { messageType, payload, sessionId, sender } = envelope;
  if (payload.length > 0) {
    const decoded = decodePayload('', messageType, payload);
    if (!decoded.ok) return refuse('INVALID_ENVELOPE', decoded.message);
    if (messageType === 'Signal' && (decoded.payload as SignalPayload).signalType.trim() === '')
      return refuse('INVALID_ENVELOPE', 'signal_type must not be blank');
  }
  if (sessionId !== '') {
    // The reference runtime asks nothing here; that would let anyone speak for a session of others (DIFF-10).
    const session = kernel.sessions.get(sessionId);
    if (session === undefined) return refuse('SESSION_NOT_FOUND', `the session ${sessionId} is not known here`);
    const { binding } = session.view;
    if (sender !== binding.initiator && !binding.participants.includes(sender)) return refuse('FORBIDDEN', `${sender} is not a participant of this session`);
  }
  kernel.parts.hub.publishSignal(envelope);
  kernel.parts.logger.info(`accepted ${messageType} session_id=${sessionId} sender=${sender}`);
  return { accepted: true, duplicate: false, state: 'OPEN', atUnixMs: nowUnixMs };
}
