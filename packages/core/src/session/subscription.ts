import type { ClientDuplexStream, Metadata, ServiceError, StatusObject } from '@grpc/grpc-js';
import type { Envelope, StreamSessionRequest, StreamSessionResponse, WireError } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import type { AuthConfig } from '../auth.js';
import { MacpTransportError, type MacpSdkError } from '../errors.js';
import type { Connection } from '../rpc/connection.js';
import { fromServiceError, refusalCode } from '../rpc/status.js';

/** What a subscription asks for, and who hears of it. */
export interface SubscriptionOptions {
  readonly connection: Connection;
  readonly auth: AuthConfig | undefined;
  readonly sessionId: string;
  readonly afterSequence: number;
  readonly onEnvelope: (envelope: Envelope) => void;
  /** An in-stream error that does not end the subscription. */
  readonly onRefusal: (error: WireError) => void;
  /** Ends the opening; an open subscription is cancelled by `cancel()`. */
  readonly finished: AbortSignal;
}

type Call = ClientDuplexStream<StreamSessionRequest, StreamSessionResponse>;

/** After its half-close the runtime gets this long without a frame to hand over the rest and end the call. */
const DRAIN_MS = 3_000;

const HINTS: Readonly<Record<string, string>> = {
  FORBIDDEN: 'Only declared participants, the initiator and observers may follow a session: compare the sender of this credential with its participants.',
  HISTORY_UNAVAILABLE: 'Read the outcome with GetSession.',
};

/** Opens one StreamSession call with a passive subscribe. Fails when no credential is to be had. */
export async function subscribe(options: SubscriptionOptions): Promise<Subscription> {
  const { connection, auth, sessionId, finished } = options;
  const { call, metadata } = await connection.bidi(runtimeService.StreamSession, auth, `StreamSession of ${sessionId}`, finished);
  return new Subscription(call, metadata, options);
}

/** One call, from its subscribe frame to its end. */
export class Subscription {
  /** Why the call ended; undefined for a clean end and after `cancel()`. */
  readonly ended: Promise<MacpSdkError | undefined>;
  /** What the call was authenticated with. */
  readonly metadata: Metadata;
  readonly #call: Call;
  readonly #options: SubscriptionOptions;
  #admitted = false;
  #paused = false;
  #frames = 0;
  #over = false;
  #refused: MacpSdkError | undefined;

  constructor(call: Call, metadata: Metadata, options: SubscriptionOptions) {
    this.metadata = metadata;
    this.#call = call;
    this.#options = options;
    this.ended = this.#read();
    call.write({ subscribeSessionId: options.sessionId, afterSequence: options.afterSequence });
  }

  /** Whether an envelope written now would reach the runtime and its echo the reader. */
  get isWritable(): boolean {
    return this.#admitted && !this.#paused && !this.#over;
  }

  /** Whether anything of the session has arrived. */
  get hasDelivered(): boolean {
    return this.#frames > 0;
  }

  write(envelope: Envelope): void {
    this.#call.write({ envelope, subscribeSessionId: '', afterSequence: 0 });
  }

  pause(): void {
    this.#paused = true;
    this.#call.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#call.resume();
  }

  /** The runtime hands over what it has accepted and ends the call; a silent one is cut off. */
  drain(): void {
    this.#call.end();
    let seen = this.#frames;
    const timer = setInterval(() => {
      if (this.#paused || seen !== this.#frames) {
        seen = this.#frames;
        return;
      }
      clearInterval(timer);
      this.cancel();
    }, DRAIN_MS);
    const stop = (): void => clearInterval(timer);
    this.ended.then(stop, stop);
  }

  /** Ends the call at the runtime at once; nothing is delivered any more. */
  cancel(): void {
    this.#over = true;
    this.#call.cancel();
  }

  async #read(): Promise<MacpSdkError | undefined> {
    const { connection, sessionId } = this.#options;
    const call = this.#call;
    const failure = await new Promise<ServiceError | undefined>((resolve) => {
      call.on('metadata', () => {
        this.#admitted = true;
      });
      call.on('data', (frame: StreamSessionResponse) => this.#onFrame(frame));
      call.on('error', resolve);
      // A good status comes before the last frames are read, `end` after them.
      call.on('status', ({ code }: StatusObject) => {
        if (code === 0) call.on('end', () => resolve(undefined));
      });
    });
    const cancelled = this.#over;
    // Frames that grpc-js still holds are not lost: the next subscription brings them again.
    this.#over = true;
    if (this.#refused !== undefined) return this.#refused;
    if (failure === undefined || cancelled) return undefined;
    return fromServiceError(failure, { what: `StreamSession of ${sessionId}`, address: connection.resolved.address, context: { sessionId } });
  }

  #onFrame({ envelope, error }: StreamSessionResponse): void {
    if (this.#over) return;
    if (error !== undefined) this.#onError(error);
    else if (envelope !== undefined && envelope.sessionId === this.#options.sessionId) {
      this.#frames += 1;
      this.#options.onEnvelope(envelope);
    }
  }

  #onError(error: WireError): void {
    const code = refusalCode(error.code, error.message);
    const refused =
      error.messageId === '' && (code === 'HISTORY_UNAVAILABLE' || (!this.hasDelivered && (code === 'FORBIDDEN' || code === 'SESSION_NOT_FOUND')));
    if (!refused) {
      this.#options.onRefusal(error);
      return;
    }
    const { sessionId } = this.#options;
    this.#refused = new MacpTransportError(code, `StreamSession of ${sessionId} was refused: ${error.message || error.code}. ${HINTS[code] ?? ''}`, {
      context: { sessionId },
    });
    this.cancel();
  }
}
