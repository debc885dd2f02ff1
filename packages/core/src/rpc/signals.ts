import type { Ack } from '@macp-agent/protocol';
import { requireAuth, senderFor } from '../auth.js';
import type { AckOptions } from '../call-options.js';
import { buildEnvelope } from '../envelope.js';
import { validateConfidence, validateSignalType } from '../validate.js';
import { toBytes, type BytesInput } from '../session/bytes-input.js';
import type { Connection } from './connection.js';
import { sendEnvelope } from './send.js';

/** What `sendSignal` takes; `auth` and the limits may be here or in the options. */
export interface SignalInput extends AckOptions {
  readonly signalType: string;
  readonly data?: BytesInput | undefined;
  /** 0 to 1; default 0. */
  readonly confidence?: number | undefined;
  readonly correlationSessionId?: string | undefined;
  readonly sender?: string | undefined;
}

/** What `sendProgress` takes. */
export interface ProgressInput extends AckOptions {
  /** Empty: an ambient Progress, which names no mode. */
  readonly sessionId?: string | undefined;
  readonly mode?: string | undefined;
  readonly progressToken: string;
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
  readonly targetMessageId?: string | undefined;
  readonly sender?: string | undefined;
}

export async function sendSignal(connection: Connection, input: SignalInput, options: AckOptions): Promise<Ack> {
  const payload = {
    signalType: validateSignalType(input.signalType),
    data: toBytes(input.data),
    confidence: validateConfidence(input.confidence ?? 0),
    correlationSessionId: input.correlationSessionId ?? '',
  };
  return sendAmbient(connection, { mode: '', messageType: 'Signal', sessionId: '', payload }, input, options);
}

export async function sendProgress(connection: Connection, input: ProgressInput, options: AckOptions): Promise<Ack> {
  const payload = {
    progressToken: input.progressToken,
    progress: input.progress,
    total: input.total ?? 0,
    message: input.message ?? '',
    targetMessageId: input.targetMessageId ?? '',
  };
  return sendAmbient(connection, { mode: input.mode ?? '', messageType: 'Progress', sessionId: input.sessionId ?? '', payload }, input, options);
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
