import { checkSessionStart, findMode, fromWireState, type Ack, type Envelope, type SessionMetadata, type SessionView } from '@macp-agent/protocol';
import { guardSender, requireAuth, senderFor, type AuthConfig } from '../auth.js';
import { readCallOptions, type AckOptions, type CallOptions } from '../call-options.js';
import type { MacpClient } from '../client.js';
import {
  buildCommitmentPayload,
  buildEnvelope,
  buildSessionStartPayload,
  DEFAULT_CONFIGURATION_VERSION,
  DEFAULT_MODE_VERSION,
  DEFAULT_POLICY_VERSION,
  type BoundVersions,
  type CommitmentInput,
  type SessionStartInput,
} from '../envelope.js';
import { MacpSessionError } from '../errors.js';
import { newSessionId } from '../ids.js';
import { validateRequiredField, validateSessionId, validateSessionStart } from '../validate.js';
import { Delivery, type SendVia } from './delivery.js';
import { Projection, type ProjectionSource } from './projection.js';
import { SessionFold } from './session-fold.js';
import { SessionStream, type StreamOptions } from './session-stream.js';

/** What a session is made of. */
export interface SessionOptions {
  /** Default: a new UUID version 4. */
  readonly sessionId?: string | undefined;
  /** Versions for `start`, which its own argument overrides; default `1.0.0`, `config.default`, `policy.default`. */
  readonly modeVersion?: string | undefined;
  readonly configurationVersion?: string | undefined;
  readonly policyVersion?: string | undefined;
  /** Credential of all calls of this session; default that of the client. */
  readonly auth?: AuthConfig | undefined;
  /** Default `auto`. */
  readonly sendVia?: SendVia | undefined;
}

/** Options of the verbs: who sends, and how the call is limited. */
export interface VerbOptions extends AckOptions {
  /** Sender of the envelope; default that of the credential. Another one than expected fails with MacpIdentityMismatchError. */
  readonly sender?: string | undefined;
}

/** Verb options may also be fields of the first argument, as older code writes them. */
export type WithSender<T> = T & { readonly sender?: string | undefined; readonly auth?: AuthConfig | undefined };

/**
 * One session of any mode: start or join, send, commit, control, follow. All verbs fail with MacpSessionError before sending
 * when a field is wrong, MacpAckError when the runtime refuses, MacpTransportError when it cannot be reached; `signal` cancels
 * the wait, not a message that is already on its way. No I/O until the first call.
 */
export class Session<P extends Projection = Projection> {
  readonly client: MacpClient;
  readonly mode: string;
  readonly sessionId: string;
  /** The query names over `view`. */
  readonly projection: P;
  readonly #fold = new SessionFold();
  readonly #auth: AuthConfig | undefined;
  readonly #sendVia: SendVia;
  readonly #delivery: Delivery;
  readonly #given: BoundVersions;
  #bound: BoundVersions | undefined;

  constructor(client: MacpClient, mode: string, options: SessionOptions = {}, makeProjection?: (source: ProjectionSource) => P) {
    this.client = client;
    this.mode = mode;
    this.sessionId = options.sessionId ?? newSessionId();
    this.#auth = options.auth;
    this.#sendVia = options.sendVia ?? 'auto';
    this.#delivery = new Delivery(client, this.sessionId, (envelope, auth, ack) => this.#acknowledged(envelope, auth, ack));
    this.#given = {
      modeVersion: options.modeVersion ?? DEFAULT_MODE_VERSION,
      configurationVersion: options.configurationVersion ?? DEFAULT_CONFIGURATION_VERSION,
      policyVersion: options.policyVersion ?? DEFAULT_POLICY_VERSION,
    };
    this.projection = makeProjection === undefined ? (new Projection(this.#fold) as P) : makeProjection(this.#fold);
  }

  /** Credential that the session was given; undefined for that of the client. */
  get auth(): AuthConfig | undefined {
    return this.#auth;
  }

  /** The folded view: what the stream gave its reader, plus own accepted messages. Undefined until the SessionStart is known. */
  get view(): SessionView | undefined {
    return this.#fold.view;
  }

  /** The version this session is bound to, or will be started with. */
  get modeVersion(): string {
    return this.#versions.modeVersion;
  }

  /** As `modeVersion`. */
  get configurationVersion(): string {
    return this.#versions.configurationVersion;
  }

  /** As `modeVersion`. */
  get policyVersion(): string {
    return this.#versions.policyVersion;
  }

  get #versions(): BoundVersions {
    return this.#bound ?? this.#given;
  }

  get #credential(): AuthConfig | undefined {
    return this.auth ?? this.client.auth;
  }

  /** Sends SessionStart: the sender becomes the initiator (RFC-MACP-0001 §7). Versions given here win over the constructor's. */
  async start(input: WithSender<SessionStartInput>, options: VerbOptions = {}): Promise<Ack> {
    validateSessionId(this.sessionId);
    validateSessionStart(input);
    const payload = buildSessionStartPayload({
      ...input,
      modeVersion: input.modeVersion ?? this.#given.modeVersion,
      configurationVersion: input.configurationVersion ?? this.#given.configurationVersion,
      policyVersion: input.policyVersion ?? this.#given.policyVersion,
    });
    const { modeVersion, configurationVersion, policyVersion } = payload;
    const verb = withInput(input, options);
    const mode = findMode(this.mode, modeVersion);
    const verdict = mode === undefined ? undefined : checkSessionStart(mode, payload, senderFor(this.#authOf(verb), verb.sender));
    if (verdict?.accepted === false) throw new MacpSessionError(`SessionStart of ${this.sessionId}: ${verdict.message}`);
    const ack = await this.send('SessionStart', payload, { ...verb, via: 'unary' });
    if (ack.ok) this.#bound = { modeVersion, configurationVersion, policyVersion };
    return ack;
  }

  /** Sends one message of the mode; `payload` is its plain object, or encoded bytes for a type that is not known here. */
  send(messageType: string, payload: object, options: VerbOptions & { readonly via?: SendVia } = {}): Promise<Ack> {
    return settled(() => this.#send(messageType, payload, options));
  }

  /** For the verbs of a mode: sends the payload that `payloadOf` makes of their input; what it throws fails the send. */
  protected sendVerb(messageType: string, input: WithSender<object>, options: VerbOptions, payloadOf: () => object): Promise<Ack> {
    return settled(() => this.#send(messageType, payloadOf(), withInput(input, options)));
  }

  /** Sends a complete envelope of this session. */
  async sendEnvelope(envelope: Envelope, options: AckOptions & { readonly via?: SendVia } = {}): Promise<Ack> {
    const auth = this.#authOf(options);
    guardSender(auth, envelope.sender);
    return await this.#delivery.send(envelope, auth, options, options.via ?? this.#sendVia);
  }

  /** Commits the outcome, which ends the session. The versions are those the session is bound to, also when it was joined. */
  async commit(input: WithSender<CommitmentInput>, options: VerbOptions = {}): Promise<Ack> {
    for (const field of ['action', 'authorityScope', 'reason'] as const) validateRequiredField(input[field], field);
    const verb = withInput(input, options);
    const versions = await this.#learnVersions(verb);
    return await this.send('Commitment', buildCommitmentPayload(input, versions), verb);
  }

  /** Cancels the session with the own identity: the initiator may, and whom the policy delegates to (RFC-MACP-0001 §7.2). */
  cancel(reason = '', options: AckOptions = {}): Promise<Ack> {
    return this.#moved(this.client.cancelSession(this.sessionId, reason, this.#withAuth(options)));
  }

  /** Suspends the session: its time stops until `resume`. */
  suspend(reason = '', options: AckOptions = {}): Promise<Ack> {
    return this.#moved(this.client.suspendSession(this.sessionId, reason, this.#withAuth(options)));
  }

  /** Resumes a suspended session. */
  resume(reason = '', options: AckOptions = {}): Promise<Ack> {
    return this.#moved(this.client.resumeSession(this.sessionId, reason, this.#withAuth(options)));
  }

  /** What the runtime says about the session (GetSession). */
  metadata(options?: CallOptions | AuthConfig): Promise<{ metadata: SessionMetadata }> {
    return this.client.getSession(this.sessionId, this.#withAuth(readCallOptions(options)));
  }

  /** Follows the session from `afterSequence`; works before the session exists. Close it, or leave its loop, to stop. */
  openStream(options?: StreamOptions | AuthConfig): SessionStream {
    const given = readCallOptions(options) as StreamOptions;
    const auth = requireAuth(given.auth ?? this.#credential);
    const stream = new SessionStream(
      {
        connection: this.client.connection,
        lifecycle: this.client.lifecycleHub(auth),
        sessionId: this.sessionId,
        auth,
        onDelivered: (envelope) => this.#fold.delivered(envelope, envelope.sequence),
        onLifecycle: (change) => this.#fold.lifecycle(change),
        onEnded: (ended) => this.#delivery.streams.delete(ended),
      },
      given,
    );
    this.#delivery.streams.add(stream);
    return stream;
  }

  /** Closes the streams of this session; the session itself goes on at the runtime. Idempotent. */
  close(): void {
    for (const stream of this.#delivery.streams) stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#delivery.streams].map((stream) => stream[Symbol.asyncDispose]()));
  }

  #send(messageType: string, payload: object, options: VerbOptions & { readonly via?: SendVia }): Promise<Ack> {
    const auth = this.#authOf(options);
    const sender = senderFor(auth, options.sender);
    const envelope = buildEnvelope({ mode: this.mode, messageType, sessionId: this.sessionId, payload, sender });
    return this.#delivery.send(envelope, auth, options, options.via ?? this.#sendVia);
  }

  #acknowledged(envelope: Envelope, auth: AuthConfig | undefined, ack: Ack): void {
    if (envelope.sessionId === this.sessionId) this.#fold.acknowledged(withSender(envelope, auth), ack.acceptedAtUnixMs || Date.now());
  }

  #authOf(options: CallOptions): AuthConfig | undefined {
    return options.auth ?? this.#credential;
  }

  #withAuth<T extends CallOptions>(options: T): T {
    return options.auth === undefined && this.auth !== undefined ? { ...options, auth: this.auth } : options;
  }

  /** The state that a control call left the session in shows in the view at once. */
  async #moved(call: Promise<Ack>): Promise<Ack> {
    const ack = await call;
    const state = fromWireState(ack.sessionState);
    const observedAtUnixMs = ack.acceptedAtUnixMs || Date.now();
    if (ack.ok && state !== undefined) this.#fold.lifecycle({ sessionId: this.sessionId, state, previous: undefined, observedAtUnixMs });
    return ack;
  }

  async #learnVersions(options: VerbOptions): Promise<BoundVersions> {
    this.#bound ??= this.#fold.view?.binding;
    if (this.#bound === undefined) {
      const { signal, timeoutMs, deadlineMs, auth } = options;
      this.#bound = (await this.metadata({ signal, timeoutMs, deadlineMs, auth })).metadata;
    }
    return this.#bound;
  }
}

/** The runtime fills in an empty sender; the view needs it too. */
function withSender(envelope: Envelope, auth: AuthConfig | undefined): Envelope {
  return envelope.sender === '' ? { ...envelope, sender: auth?.expectedSender ?? auth?.senderHint ?? '' } : envelope;
}

/** What is thrown at once fails the promise. Not an async function, nor is what sends: see `Delivery.send`. */
function settled<T>(send: () => Promise<T>): Promise<T> {
  try {
    return send();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Verb options from both places; those of the last argument win. */
function withInput(input: { readonly sender?: string | undefined; readonly auth?: AuthConfig | undefined }, options: VerbOptions): VerbOptions {
  if (input.sender === undefined && input.auth === undefined) return options;
  return { ...options, sender: options.sender ?? input.sender, auth: options.auth ?? input.auth };
}
