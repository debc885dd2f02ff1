import type { ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js';
import type { ErrorCode, ErrorContext } from '@macp-agent/protocol';
import type { MethodDefinition } from '@macp-agent/protocol/service';
import type { AuthConfig } from '../auth.js';
import type { CallOptions } from '../call-options.js';
import { checkTimeout, type ClientOptions, type ResolvedClientOptions } from '../client-options.js';
import { MacpAckError, MacpSdkError, MacpTimeoutError, MacpTransportError } from '../errors.js';
import { silentLogger, type Logger } from '../logger.js';
import { Channels } from './channels.js';
import { Credentials, waitForToken } from './credentials.js';
import { onAbort } from './on-abort.js';
import { Retries, type RetryPolicy } from './retry.js';
import { abortedError, fromServiceError, isServiceError, type CallFacts } from './status.js';

/** What one call needs besides its request. Texts are read when something failed. */
export interface UnarySettings<R = never> {
  readonly what: string;
  readonly context?: ErrorContext | undefined;
  readonly notFound?: ErrorCode | undefined;
  /** Sending the request twice has the effect of sending it once: retries are allowed. */
  readonly repeatable: boolean;
  readonly retry?: RetryPolicy | undefined;
  /** Throws what an answer means as a failure, for answers that carry refusals. */
  check?(answer: R): void;
}

/** The way to one runtime: unary calls with limit, signal and retries, and the opening of streams. Connects on first use. */
export class Connection {
  readonly resolved: ResolvedClientOptions;
  readonly logger: Logger;
  readonly credentials = new Credentials();
  readonly #auth: AuthConfig | undefined;
  readonly #channels: Channels;
  /** Streams that close() ends, so that a process can exit. */
  readonly #streams = new Set<{ cancel(): void }>();
  #closed = false;

  constructor(options: ClientOptions) {
    this.#channels = new Channels(options);
    this.resolved = this.#channels.resolved;
    this.#auth = options.auth;
    this.logger = options.logger ?? silentLogger;
    for (const warning of this.resolved.warnings) this.logger.warn(warning);
  }

  /** Credential of calls that name none. Not a member of its own, so that a log of a client does not show it. */
  get auth(): AuthConfig | undefined {
    return this.#auth;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Limit of a call in milliseconds. */
  timeoutOf(options: CallOptions): number {
    const timeoutMs = options.timeoutMs ?? options.deadlineMs;
    return timeoutMs === undefined ? this.resolved.defaultTimeoutMs : checkTimeout(timeoutMs, 'timeoutMs');
  }

  /** One request, one answer; retried inside the limit when that is safe. */
  async unary<Q, R>(method: MethodDefinition<Q, R>, request: Q, options: CallOptions, settings: UnarySettings<R>): Promise<R> {
    const { signal } = options;
    const auth = options.auth ?? this.auth;
    const retries = new Retries(this.timeoutOf(options), settings.repeatable, settings.retry);
    let renewed = false;
    for (;;) {
      if (signal !== undefined || this.#closed) this.checkUsable(settings.what, signal);
      let tryMs = retries.tryMs();
      if (tryMs === 0) throw new MacpTimeoutError(`${settings.what} at ${this.resolved.address}: no answer in time`, contextOf(settings));
      let used: Metadata | undefined;
      try {
        const metadata = this.credentials.metadata(auth);
        // Not awaited when it is at hand: this is the hot path.
        if (metadata instanceof Promise) {
          used = await this.#fetched(metadata, settings.what, tryMs, signal);
          tryMs = Math.max(1, retries.tryMs());
        } else used = metadata;
        const answer = await this.#request(method, request, used, tryMs, signal, settings);
        settings.check?.(answer);
        return answer;
      } catch (error) {
        if (!renewed && isRefusedCredential(error)) {
          renewed = true;
          if (await this.credentials.renewRefused(auth, used, { what: settings.what, limitMs: retries.leftMs, signal })) continue;
        }
        await retries.wait(error, settings.what, signal);
        this.logger.debug('a call failed and is tried again', { what: settings.what, failed: retries.failed, ...settings.context });
      }
    }
  }

  /** Opens a bidirectional call. The caller handles its events and cancels it; the signal ends only the opening. */
  async bidi<Q, R>(
    method: MethodDefinition<Q, R>,
    auth: AuthConfig | undefined,
    what: string,
    signal?: AbortSignal,
  ): Promise<{ readonly call: ClientDuplexStream<Q, R>; readonly metadata: Metadata }> {
    const metadata = await this.#metadataOfStream(auth ?? this.auth, what, signal);
    this.checkUsable(what, signal);
    const { client, release } = this.#channels.takeForStream();
    const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, metadata);
    this.#streams.add(call);
    call.on('status', () => {
      this.#streams.delete(call);
      release();
    });
    return { call, metadata };
  }

  /**
   * A server stream as an iterable that keeps back-pressure; leaving it in any way cancels the call at the server. A refused
   * credential is renewed once, when its source can give another.
   */
  async *serverStream<Q, R>(
    method: MethodDefinition<Q, R>,
    request: Q,
    options: Pick<CallOptions, 'auth' | 'signal'>,
    what: string,
  ): AsyncGenerator<R, void, undefined> {
    const auth = options.auth ?? this.auth;
    const { signal } = options;
    const metadata = await this.#metadataOfStream(auth, what, signal);
    try {
      yield* this.#serverStream(method, request, metadata, signal, what);
    } catch (error) {
      // A stream is refused before its first message, so beginning again repeats none.
      const refused = error instanceof MacpTransportError && error.grpcStatus === 'UNAUTHENTICATED';
      if (!refused || !(await this.renewRefused(auth, metadata, what, signal))) throw error;
      yield* this.#serverStream(method, request, await this.#metadataOfStream(auth, what, signal), signal, what);
    }
  }

  /** For a stream that was refused with UNAUTHENTICATED, as `Credentials.renewRefused`. */
  renewRefused(auth: AuthConfig | undefined, used: Metadata | undefined, what: string, signal: AbortSignal | undefined): Promise<boolean> {
    return this.credentials.renewRefused(auth, used, { what, limitMs: this.resolved.defaultTimeoutMs, signal });
  }

  /** Throws ABORTED or CLOSED when a call must not begin. */
  checkUsable(what: string, signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw abortedError(what, signal);
    if (this.#closed) throw new MacpSdkError('CLOSED', `${what}: the client for ${this.resolved.address} is closed; make a new MacpClient`);
  }

  toError(error: unknown, facts: CallFacts, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return abortedError(facts.what, signal);
    if (!isServiceError(error)) return error;
    if (this.#closed) return new MacpSdkError('CLOSED', `${facts.what}: the client for ${facts.address} was closed`, { cause: error });
    return fromServiceError(error, facts);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#streams) call.cancel();
    this.#channels.close();
  }

  async *#serverStream<Q, R>(
    method: MethodDefinition<Q, R>,
    request: Q,
    metadata: Metadata,
    signal: AbortSignal | undefined,
    what: string,
  ): AsyncGenerator<R, void, undefined> {
    const { client, release } = this.#channels.takeForStream();
    const call = client.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request, metadata);
    // Cancelling emits one more error after the iteration is over, which must not become an uncaught one.
    call.on('error', () => undefined);
    this.#streams.add(call);
    const forget = signal === undefined ? undefined : onAbort(signal, () => call.cancel());
    try {
      for await (const message of call) yield message as R;
    } catch (error) {
      throw this.toError(error, { what, address: this.resolved.address }, signal);
    } finally {
      forget?.();
      this.#streams.delete(call);
      call.cancel();
      release();
    }
  }

  /** A stream has no limit, but its token has the one of calls. */
  async #metadataOfStream(auth: AuthConfig | undefined, what: string, signal: AbortSignal | undefined): Promise<Metadata> {
    this.checkUsable(what, signal);
    const metadata = this.credentials.metadata(auth);
    if (!(metadata instanceof Promise)) return metadata;
    return await this.#fetched(metadata, what, this.resolved.defaultTimeoutMs, signal);
  }

  async #fetched(pending: Promise<Metadata>, what: string, limitMs: number, signal: AbortSignal | undefined): Promise<Metadata> {
    const metadata = await waitForToken(pending, { what, limitMs, signal });
    this.checkUsable(what, signal);
    return metadata;
  }

  #request<Q, R>(
    method: MethodDefinition<Q, R>,
    request: Q,
    metadata: Metadata,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    settings: UnarySettings<R>,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      let forget: (() => void) | undefined;
      const call = this.#channels.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + Math.ceil(timeoutMs) },
        (error: ServiceError | null, response?: R) => {
          forget?.();
          if (error === null) resolve(response as R);
          else
            reject(
              this.toError(error, { what: settings.what, address: this.resolved.address, context: settings.context, notFound: settings.notFound }, signal),
            );
        },
      );
      if (signal !== undefined) forget = onAbort(signal, () => call.cancel());
    });
  }
}

/** As a status, or in the Ack of a Send. */
function isRefusedCredential(error: unknown): boolean {
  if (error instanceof MacpAckError) return error.failure.code === 'UNAUTHENTICATED';
  return error instanceof MacpTransportError && error.grpcStatus === 'UNAUTHENTICATED';
}

function contextOf(settings: Pick<UnarySettings, 'context'>): { context?: ErrorContext } {
  return settings.context === undefined ? {} : { context: settings.context };
}
