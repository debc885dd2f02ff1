import type { Ack } from '@macp-agent/protocol';
import { requireAuth, senderFor } from '../auth.js';
import type { AckOptions } from '../call-options.js';
import { buildEnvelope } from '../envelope.js';
import { buildProgressPayload, buildSignalPayload, type ProgressPayloadInput, type SignalPayloadInput } from '../payload-builders.js';
import type { Connection } from './connection.js';
import { sendEnvelope } from './send.js';

/** What `sendSignal` takes; `auth` and the limits may be here or in the options. */
export interface SignalInput extends SignalPayloadInput, AckOptions {
  readonly sender?: string | undefined;
}

/** What `sendProgress` takes. */
export interface ProgressInput extends ProgressPayloadInput, AckOptions {
  /** Empty: an ambient Progress, which names no mode. */
  readonly sessionId?: string | undefined;
  readonly mode?: string | undefined;
  readonly sender?: string | undefined;
}

export async function sendSignal(connection: Connection, input: SignalInput, options: AckOptions): Promise<Ack> {
  return sendAmbient(connection, { mode: '', messageType: 'Signal', sessionId: '', payload: buildSignalPayload(input) }, input, options);
}

export async function sendProgress(connection: Connection, input: ProgressInput, options: AckOptions): Promise<Ack> {
  const { mode = '', sessionId = '' } = input;
  return sendAmbient(connection, { mode, messageType: 'Progress', sessionId, payload: buildProgressPayload(input) }, input, options);
}

async function sendAmbient(
  connection: Connection,
  message: { readonly mode: string; readonly messageType: string; readonly sessionId: string; readonly payload: object },
  input: AckOptions & { readonly sender?: string | undefined },
  options: AckOptions,
): Promise<Ack> {
  const auth = requireAuth(options.auth ?? input.auth ?? connection.auth);
  const envelope = buildEnvelope({ ...message, sender: senderFor(auth, input.sender) });
  return sendEnvelope(connection, envelope, {
    auth,
    signal: options.signal ?? input.signal,
    timeoutMs: options.timeoutMs ?? options.deadlineMs ?? input.timeoutMs ?? input.deadlineMs,
    raiseOnNack: options.raiseOnNack ?? input.raiseOnNack,
  });
}
