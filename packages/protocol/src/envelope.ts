import { ACCEPTED, refuse, type Verdict } from './verdict.js';
import type { Envelope } from './wire/envelope.js';

/** Protocol version of this package, in `Envelope.macpVersion` and in Initialize. */
export const MACP_VERSION = '1.0';

/** Written by the runtime only; a client that sends one is refused (RFC-MACP-0001 §7.2). */
export const RUNTIME_ONLY_TYPES: ReadonlySet<string> = new Set(['SessionCancel', 'SessionSuspend', 'SessionResume', 'TtlExpired']);

const blank = (text: string): boolean => text.trim() === '';

/**
 * The checks of an envelope that need neither session nor identity, in the order of runtime.md §4 (2–7).
 * `maxPayloadBytes` is the limit of the runtime, default there 1 048 576.
 */
export function checkEnvelope(envelope: Envelope, maxPayloadBytes: number): Verdict {
  const { macpVersion, messageType, messageId, mode, sessionId } = envelope;
  if (macpVersion !== MACP_VERSION) return refuse('UNSUPPORTED_PROTOCOL_VERSION', `macp_version must be ${MACP_VERSION}`);
  if (messageType === '' || messageId === '') return refuse('INVALID_ENVELOPE', 'message_type and message_id must not be empty');
  if (messageType === 'Signal') {
    if (sessionId !== '' || !blank(mode)) return refuse('INVALID_ENVELOPE', 'a Signal names no session and no mode');
  } else if (messageType === 'Progress' && sessionId === '') {
    if (!blank(mode)) return refuse('INVALID_ENVELOPE', 'an ambient Progress names no mode');
  } else if (sessionId === '' || blank(mode)) {
    return refuse('INVALID_ENVELOPE', `a ${messageType} needs session_id and mode`);
  }
  if (envelope.payload.length > maxPayloadBytes) return refuse('PAYLOAD_TOO_LARGE', `the payload is over ${maxPayloadBytes} bytes`);
  return ACCEPTED;
}
