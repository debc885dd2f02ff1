import { Server, ServerCredentials, type sendUnaryData, type ServerDuplexStream, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import {
  applyEnvelope,
  decodePayload,
  isTerminal,
  MACP_VERSION,
  openSession,
  toWireState,
  type Ack,
  type Envelope,
  type InitializeResponse,
  type SendRequest,
  type SessionLifecycleEvent,
  type SessionMetadata,
  type SessionState,
  type SessionView,
  type StreamSessionRequest,
  type StreamSessionResponse,
} from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';

type StreamCall = ServerDuplexStream<StreamSessionRequest, StreamSessionResponse>;
type WatchCall = ServerWritableStream<object, { event?: SessionLifecycleEvent }>;
type AckAnswer = sendUnaryData<{ ack?: Ack }>;

interface Held {
  view: SessionView;
  state: SessionState;
  readonly log: Envelope[];
  readonly streams: Set<StreamCall>;
}

/** What a test lets go wrong. */
export interface Script {
  /** Answers Send instead of the runtime; undefined = as usual. Called with the number of the try. */
  send?(envelope: Envelope, count: number, answer: AckAnswer): boolean;
  /** Handles a subscribe frame instead of the runtime. */
  subscribe?(call: StreamCall, sessionId: string, afterSequence: number): boolean;
  /** Default `in_stream_refusals`. */
  features?: Record<string, string>;
  /** Default true; false answers UNIMPLEMENTED. */
  watchSessions?: boolean;
}

/** A small runtime for faults that a real one does not make on request: development identities, memory only. */
export class ScriptedRuntime {
  readonly sessions = new Map<string, Held>();
  readonly sent: Envelope[] = [];
  readonly tokens: string[] = [];
  readonly script: Script;
  streamsOpened = 0;
  streamsCancelled = 0;
  lookUps = 0;
  watchCalls = 0;
  port = 0;
  readonly #server = new Server();
  readonly #watches = new Set<WatchCall>();
  readonly #waiting = new Set<() => boolean>();

  constructor(script: Script = {}) {
    this.script = script;
  }

  static async start(script: Script = {}, credentials = ServerCredentials.createInsecure(), port = 0): Promise<ScriptedRuntime> {
    const runtime = new ScriptedRuntime(script);
    await runtime.#listen(credentials, port);
    return runtime;
  }

  /** WatchSessions calls that are open now. */
  get watches(): number {
    return this.#watches.size;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Waits until something that the runtime sees has become true. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add(() => {
        if (!condition()) return false;
        resolve();
        return true;
      });
    });
  }

  /** Accepts an envelope as if somebody had sent it. */
  accept(envelope: Envelope, sender = envelope.sender): Ack {
    const refuse = (code: string, message: string): Ack => ({
      ...ackOf(envelope, 'SESSION_STATE_UNSPECIFIED'),
      ok: false,
      error: { code, message, sessionId: envelope.sessionId, messageId: envelope.messageId, details: Buffer.alloc(0) },
    });
    const held = this.sessions.get(envelope.sessionId);
    if (held?.log.some(({ messageId }) => messageId === envelope.messageId) === true) return { ...ackOf(envelope, toWireState(held.state)), duplicate: true };
    const stored = { ...envelope, sender, timestampUnixMs: envelope.timestampUnixMs || Date.now() };
    if (envelope.messageType === 'SessionStart') {
      if (held !== undefined) return refuse('SESSION_ALREADY_EXISTS', 'the session exists');
      this.sessions.set(envelope.sessionId, { view: openSession(stored, Date.now()), state: 'OPEN', log: [stored], streams: new Set() });
      this.#event(envelope.sessionId, 'EVENT_TYPE_CREATED');
      return ackOf(envelope, 'SESSION_STATE_OPEN');
    }
    if (held === undefined) return refuse('SESSION_NOT_FOUND', 'no such session');
    if (held.state !== 'OPEN') return refuse('SESSION_NOT_OPEN', `the session is ${held.state}`);
    const { mode, modeState, binding } = held.view;
    const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
    if (mode !== undefined && decoded.ok) {
      const message = { messageType: envelope.messageType, sender, payload: decoded.payload, atUnixMs: Date.now() };
      for (const verdict of [mode.authorize(modeState, binding, sender, envelope.messageType), mode.check(modeState, binding, message)]) {
        if (!verdict.accepted) return refuse(verdict.code, verdict.message);
      }
    }
    held.view = applyEnvelope(held.view, stored, Date.now());
    held.state = held.view.state;
    held.log.push(stored);
    for (const stream of held.streams) stream.write({ envelope: stored });
    if (held.state === 'RESOLVED') this.#event(envelope.sessionId, 'EVENT_TYPE_RESOLVED');
    this.#changed();
    return ackOf(envelope, toWireState(held.state));
  }

  move(sessionId: string, state: SessionState, event: SessionLifecycleEvent['eventType']): void {
    const held = this.sessions.get(sessionId);
    if (held === undefined || isTerminal(held.state)) return;
    held.state = state;
    this.#event(sessionId, event);
  }

  /** Ends every stream with an error, as a runtime that goes away does. */
  breakStreams(code: number, details: string): void {
    for (const { streams } of this.sessions.values()) for (const stream of streams) stream.emit('error', { code, details });
  }

  breakWatches(): void {
    for (const call of this.#watches) {
      this.#watches.delete(call);
      call.emit('error', { code: 14, details: 'going away' });
    }
    this.#changed();
  }

  close(): void {
    this.#server.forceShutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #listen(credentials: ServerCredentials, port: number): Promise<void> {
    this.#server.addService(runtimeService, {
      Initialize: (_call: unknown, answer: sendUnaryData<InitializeResponse>) => {
        const features = this.script.features ?? { in_stream_refusals: 'true' };
        answer(null, { selectedProtocolVersion: MACP_VERSION, capabilities: { experimental: { features } }, supportedModes: [], instructions: '' });
      },
      Send: (call: ServerUnaryCall<SendRequest, { ack?: Ack }>, answer: AckAnswer) => this.#send(call, answer),
      StreamSession: (call: StreamCall) => this.#stream(call),
      GetSession: (call: ServerUnaryCall<{ sessionId: string }, object>, answer: sendUnaryData<{ metadata?: SessionMetadata }>) => {
        this.lookUps += 1;
        const held = this.sessions.get(call.request.sessionId);
        if (held === undefined) answer({ code: 5, details: `Session '${call.request.sessionId}' not found` });
        else answer(null, { metadata: metadataOf(held) });
      },
      CancelSession: (call: ServerUnaryCall<{ sessionId: string }, object>, answer: AckAnswer) => {
        this.move(call.request.sessionId, 'CANCELLED', 'EVENT_TYPE_CANCELLED');
        answer(null, { ack: ackOf({ sessionId: call.request.sessionId, messageId: '' }, 'SESSION_STATE_CANCELLED') });
      },
      WatchSessions: (call: WatchCall) => {
        this.watchCalls += 1;
        this.#changed();
        if (this.script.watchSessions === false) {
          call.emit('error', { code: 12, details: 'not here' });
          return;
        }
        this.#watches.add(call);
        call.on('cancelled', () => {
          this.#watches.delete(call);
          this.#changed();
        });
        for (const held of this.sessions.values())
          call.write({ event: { eventType: 'EVENT_TYPE_CREATED', session: metadataOf(held), observedAtUnixMs: Date.now() } });
        this.#changed();
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
  }

  #send(call: ServerUnaryCall<SendRequest, { ack?: Ack }>, answer: AckAnswer): void {
    const { envelope } = call.request;
    if (envelope === undefined) return;
    const token = String(call.metadata.get('authorization')[0]).replace('Bearer ', '');
    this.tokens.push(token);
    this.sent.push(envelope);
    const count = this.sent.filter(({ messageId }) => messageId === envelope.messageId).length;
    if (this.script.send?.(envelope, count, answer) !== true) answer(null, { ack: this.accept(envelope, token) });
    this.#changed();
  }

  #stream(call: StreamCall): void {
    const token = String(call.metadata.get('authorization')[0]).replace('Bearer ', '');
    this.streamsOpened += 1;
    let bound: Held | undefined;
    const leave = (): void => {
      bound?.streams.delete(call);
      this.#changed();
    };
    call.on('cancelled', () => {
      this.streamsCancelled += 1;
      leave();
    });
    call.on('error', leave);
    call.on('end', () => {
      leave();
      call.end();
    });
    call.on('data', (frame: StreamSessionRequest) => {
      if (frame.envelope !== undefined) {
        const ack = this.accept(frame.envelope, token);
        if (!ack.ok && ack.error !== undefined) call.write({ error: ack.error });
        return;
      }
      if (this.script.subscribe?.(call, frame.subscribeSessionId, frame.afterSequence) === true) return;
      bound = this.sessions.get(frame.subscribeSessionId);
      if (bound === undefined) {
        call.emit('error', { code: 5, details: `Session '${frame.subscribeSessionId}' not found` });
        return;
      }
      for (const envelope of bound.log.slice(frame.afterSequence)) call.write({ envelope });
      bound.streams.add(call);
      this.#changed();
    });
    this.#changed();
  }

  #event(sessionId: string, eventType: SessionLifecycleEvent['eventType']): void {
    const held = this.sessions.get(sessionId);
    if (held === undefined) return;
    for (const call of this.#watches) call.write({ event: { eventType, session: metadataOf(held), observedAtUnixMs: Date.now() } });
  }

  #changed(): void {
    for (const check of this.#waiting) if (check()) this.#waiting.delete(check);
  }
}

export function ackOf(of: { sessionId: string; messageId: string }, sessionState: Ack['sessionState']): Ack {
  return { ok: true, duplicate: false, messageId: of.messageId, sessionId: of.sessionId, acceptedAtUnixMs: Date.now(), sessionState };
}

function metadataOf({ view: { binding }, state }: Held): SessionMetadata {
  const { sessionId, mode, participants, initiator, modeVersion, configurationVersion, policyVersion, startedAtUnixMs, deadlineUnixMs, contextId } = binding;
  return {
    sessionId,
    mode,
    state: toWireState(state),
    startedAtUnixMs,
    expiresAtUnixMs: deadlineUnixMs,
    modeVersion,
    configurationVersion,
    policyVersion,
    participants: [...participants],
    participantActivity: [],
    initiator,
    contextId,
    extensionKeys: [],
  };
}
