import type { Ack, Envelope } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import type { AckOptions } from '../call-options.js';
import type { MacpClient } from '../client.js';
import { MacpAckError, MacpSessionError } from '../errors.js';
import type { EchoOutcome } from './echo-acks.js';
import type { SessionStream } from './session-stream.js';

/** Which way messages take: `stream` = the open stream of the session with its echo as acknowledgement, `unary` = Send, `auto` = the stream where it is open and the runtime reports refusals on it, else Send. */
export type SendVia = 'auto' | 'unary' | 'stream';

const FEATURE_REFUSALS = 'in_stream_refusals';

/** The ways that messages of one session take to the runtime: an open stream, or unary Send. Both carry the same message id, so the second way is safe after the first. */
export class Delivery {
  /** The open streams of the session. */
  readonly streams = new Set<SessionStream>();
  readonly #client: MacpClient;
  readonly #sessionId: string;
  readonly #onAcknowledged: (envelope: Envelope, auth: AuthConfig | undefined, ack: Ack) => void;

  /** `onAcknowledged` hears of each accepted message before its sender does. */
  constructor(client: MacpClient, sessionId: string, onAcknowledged: (envelope: Envelope, auth: AuthConfig | undefined, ack: Ack) => void) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#onAcknowledged = onAcknowledged;
  }

  /**
   * The Ack of the runtime, or the one that the echo on a stream stands for. Fails like `client.send`, and throws at once what can be
   * said at once. Not an async function: each one between a message and its sender costs some percent of the message.
   */
  send(envelope: Envelope, auth: AuthConfig | undefined, options: AckOptions, via: SendVia): Promise<Ack> {
    if (!this.#mayStream(via)) return this.#unary(envelope, auth, options);
    const { connection } = this.#client;
    connection.checkUsable('Send', options.signal);
    const limitMs = connection.timeoutOf(options);
    const began = performance.now();
    for (const stream of this.streams) {
      // Half of the limit for the echo leaves the other half for a unary Send of the same message.
      const echo = stream.sendEcho(envelope, auth, began + limitMs / 2, options.signal);
      if (echo !== undefined) return echo.then((outcome) => this.#afterEcho(outcome, envelope, auth, options, began + limitMs));
    }
    return this.#unary(envelope, auth, options);
  }

  #afterEcho(outcome: EchoOutcome, envelope: Envelope, auth: AuthConfig | undefined, options: AckOptions, endsAt: number): Ack | Promise<Ack> {
    // After an abort too: there it fails with ABORTED at once.
    if (outcome.kind === 'unknown') return this.#unary(envelope, auth, { ...options, timeoutMs: Math.max(1, endsAt - performance.now()) });
    if (outcome.kind === 'accepted') {
      const ack = echoAck(envelope);
      this.#onAcknowledged(envelope, auth, ack);
      return ack;
    }
    const ack: Ack = { ...echoAck(envelope), ok: false, sessionState: 'SESSION_STATE_UNSPECIFIED', error: outcome.error };
    if (options.raiseOnNack === false) return ack;
    throw new MacpAckError(ack, `Send ${envelope.messageType}`);
  }

  #unary(envelope: Envelope, auth: AuthConfig | undefined, options: AckOptions): Promise<Ack> {
    return this.#client.send(envelope, auth === undefined ? options : { ...options, auth }).then((ack) => {
      if (ack.ok) this.#onAcknowledged(envelope, auth, ack);
      return ack;
    });
  }

  #mayStream(via: SendVia): boolean {
    if (via === 'unary') return false;
    const reportsRefusals = this.#client.supports(FEATURE_REFUSALS);
    if (via === 'auto') return this.streams.size > 0 && reportsRefusals;
    const code = 'INVALID_OPTIONS';
    if (this.streams.size === 0)
      throw new MacpSessionError(`sendVia "stream" needs an open stream of session ${this.#sessionId}: call openStream() first`, { code });
    if (!reportsRefusals)
      throw new MacpSessionError('sendVia "stream" needs a runtime that reports refusals on streams; call client.initialize() first, or use "auto"', { code });
    return true;
  }
}

/** What an echo proves, in the form of an Ack; the acceptance time is when the echo came. */
function echoAck({ messageId, sessionId, messageType }: Envelope): Ack {
  const sessionState = messageType === 'Commitment' ? 'SESSION_STATE_RESOLVED' : 'SESSION_STATE_OPEN';
  return { ok: true, duplicate: false, messageId, sessionId, acceptedAtUnixMs: Date.now(), sessionState };
}
