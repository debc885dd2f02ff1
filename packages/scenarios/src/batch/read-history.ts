import { Auth, type AuthConfig, type MacpClient } from '@macp-agent/core';
import { isMacpError, MacpError, type Envelope } from '@macp-agent/protocol';
import { setTimeout as delay } from 'node:timers/promises';

const TRIES = 4;
const PAUSE_MS = 250;
const READ_MS = 10_000;

export interface HistoryOptions {
  readonly client: MacpClient;
  readonly sessionId: string;
  /** Reads the session where the client's own identity may not (runtime.md §17). */
  readonly initiatorToken: string;
}

/** The accepted envelopes of a session that has ended. Throws what the runtime answers. */
export async function readHistory({ client, sessionId, initiatorToken }: HistoryOptions): Promise<Envelope[]> {
  let auth: AuthConfig | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(client, sessionId, auth);
    } catch (error) {
      if (!isMacpError(error) || attempt >= TRIES) throw error;
      if (error.code === 'FORBIDDEN' && auth === undefined) auth = Auth.bearer(initiatorToken);
      else if (error.retryable) await delay(PAUSE_MS * attempt);
      else throw error;
    }
  }
}

async function readOnce(client: MacpClient, sessionId: string, auth: AuthConfig | undefined): Promise<Envelope[]> {
  await using stream = client.openStream(auth);
  let refused: MacpError | undefined;
  stream.onInlineError(({ code, message }) => {
    refused ??= new MacpError(code === 'FORBIDDEN' ? 'FORBIDDEN' : 'TRANSPORT', `StreamSession of ${sessionId} was refused: ${message}`, {
      context: { sessionId },
    });
  });
  await stream.sendSubscribe(sessionId);
  // The runtime hands over what there is and ends the call (runtime.md §9.1).
  stream.close();
  const envelopes: Envelope[] = [];
  for (let envelope = await stream.read(READ_MS); envelope !== null; envelope = await stream.read(READ_MS)) {
    envelopes.push(envelope);
    if (envelope.messageType === 'Commitment') break;
  }
  if (envelopes.length === 0 && refused !== undefined) throw refused;
  return envelopes;
}
