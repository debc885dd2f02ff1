import { toWireState, type Ack, type Refusal, type WireError } from '@macp-agent/protocol';
import type { Outcome } from '../../kernel/outcome.js';

const NO_DETAILS = Buffer.alloc(0);

/** The Ack of a verdict; control RPCs have no message id. */
export function toAck(outcome: Outcome, sessionId: string, messageId: string, nowUnixMs: number): Ack {
  if (outcome.accepted) {
    return { ok: true, duplicate: outcome.duplicate, messageId, sessionId, acceptedAtUnixMs: outcome.atUnixMs, sessionState: toWireState(outcome.state) };
  }
  return {
    ok: false,
    duplicate: false,
    messageId,
    sessionId,
    acceptedAtUnixMs: nowUnixMs,
    sessionState: 'SESSION_STATE_UNSPECIFIED',
    error: toWireError(outcome, sessionId, messageId),
  };
}

/** A refusal as it travels; the reasons of a policy are JSON in `details` (RFC-MACP-0012). */
export function toWireError({ code, message, reasons }: Refusal, sessionId: string, messageId: string): WireError {
  return { code, message, sessionId, messageId, details: reasons === undefined ? NO_DETAILS : Buffer.from(JSON.stringify({ reasons })) };
}
