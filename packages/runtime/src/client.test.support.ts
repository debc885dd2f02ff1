import { randomUUID } from 'node:crypto';
import { Client, credentials, Metadata, type ChannelOptions, type ClientDuplexStream, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import {
  encodePayload,
  MODE_DECISION,
  SessionStartPayload,
  type Ack,
  type Envelope,
  type SessionLifecycleEvent,
  type SessionMetadata,
  type StreamSessionRequest,
  type StreamSessionResponse,
} from '@macp-agent/protocol';
import { runtimeService, type MethodDefinition } from '@macp-agent/protocol/service';

type Service = typeof runtimeService;
type RequestOf<N extends keyof Service> = Service[N] extends MethodDefinition<infer Q, infer _R> ? Q : never;
type ResponseOf<N extends keyof Service> = Service[N] extends MethodDefinition<infer _Q, infer R> ? R : never;

export const PARTICIPANTS = ['agent://lead', 'agent://peer'];
export const LEAD = 'agent://lead';
export const PEER = 'agent://peer';

/** A plain client of one connection, for tests of the server's side only. */
export class TestClient implements Disposable {
  readonly raw: Client;
  readonly #feeds: Feed<unknown>[] = [];

  constructor(address: string, channel = credentials.createInsecure(), options: ChannelOptions = {}) {
    this.raw = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1, ...options });
  }

  call<N extends keyof Service>(name: N, request: Partial<RequestOf<N>>, token?: string): Promise<ResponseOf<N>> {
    const method = runtimeService[name] as unknown as MethodDefinition<object, ResponseOf<N>>;
    return new Promise((resolve, reject) => {
      this.raw.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        headers(token),
        { deadline: Date.now() + 10_000 },
        (error, value) => (error === null ? resolve(value as ResponseOf<N>) : reject(error)),
      );
    });
  }

  async send(envelope: Partial<Envelope>, token: string | undefined): Promise<Ack> {
    const { ack } = await this.call('Send', { envelope: fill(envelope) } as Partial<RequestOf<'Send'>>, token);
    return ack as Ack;
  }

  async start(start: Partial<SessionStartPayload> = {}, envelope: Partial<Envelope> = {}, token = LEAD): Promise<{ id: string; ack: Ack }> {
    const id = envelope.sessionId ?? randomUUID();
    const payload = SessionStartPayload.encode({
      participants: PARTICIPANTS,
      modeVersion: '1.0.0',
      configurationVersion: 'config.default',
      ttlMs: 60_000,
      ...start,
    });
    return { id, ack: await this.send({ messageType: 'SessionStart', payload, ...envelope, sessionId: id }, token) };
  }

  propose(sessionId: string, proposalId = 'p1', messageId: string = randomUUID(), token = LEAD): Promise<Ack> {
    return this.send(proposal(sessionId, proposalId, messageId), token);
  }

  commit(sessionId: string, token = LEAD): Promise<Ack> {
    return this.send({ messageType: 'Commitment', sessionId, payload: commitment() }, token);
  }

  async metadata(sessionId: string, token = LEAD): Promise<SessionMetadata> {
    const { metadata } = await this.call('GetSession', { sessionId } as Partial<RequestOf<'GetSession'>>, token);
    return metadata as SessionMetadata;
  }

  watch<N extends keyof Service>(name: N, token?: string): Feed<ResponseOf<N>> {
    const method = runtimeService[name] as unknown as MethodDefinition<object, ResponseOf<N>>;
    return this.#feed(this.raw.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, {}, headers(token)));
  }

  stream(token?: string): StreamFeed {
    const { path, requestSerialize, responseDeserialize } = runtimeService.StreamSession;
    const call = this.raw.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, headers(token));
    const feed = new StreamFeed(call);
    this.#feeds.push(feed as Feed<unknown>);
    return feed;
  }

  subscribe(sessionId: string, token = PEER, afterSequence = 0): StreamFeed {
    const feed = this.stream(token);
    feed.write({ subscribeSessionId: sessionId, afterSequence });
    return feed;
  }

  [Symbol.dispose](): void {
    for (const feed of this.#feeds) feed.cancel();
    this.raw.close();
  }

  #feed<T>(call: ClientReadableStream<T>): Feed<T> {
    const feed = new Feed<T>(call);
    this.#feeds.push(feed as Feed<unknown>);
    return feed;
  }
}

/** What a server stream said so far, and how it ended. */
export class Feed<T> {
  readonly items: T[] = [];
  readonly call: ClientReadableStream<T>;
  headers = false;
  status: { code: number; details: string } | undefined;
  #waiting: (() => void)[] = [];

  constructor(call: ClientReadableStream<T>) {
    this.call = call;
    const note = (change: () => void) => {
      change();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    };
    call.on('metadata', () => note(() => (this.headers = true)));
    call.on('data', (item: T) => note(() => this.items.push(item)));
    call.on('error', (error: ServiceError) => note(() => (this.status = { code: error.code, details: error.details })));
    call.on('status', (status: { code: number; details: string }) => note(() => (this.status ??= status)));
  }

  cancel(): void {
    this.call.cancel();
  }

  /** Resolves when the condition holds; the time limit of the test is the limit. */
  async until(condition: (feed: this) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this;
  }

  async take(count: number): Promise<T[]> {
    await this.until(({ items }) => items.length >= count);
    return this.items.splice(0, count);
  }

  async ended(): Promise<{ code: number; details: string }> {
    await this.until(({ status }) => status !== undefined);
    return this.status as { code: number; details: string };
  }
}

export class StreamFeed extends Feed<StreamSessionResponse> {
  declare readonly call: ClientDuplexStream<StreamSessionRequest, StreamSessionResponse>;

  write(frame: Partial<StreamSessionRequest>): void {
    this.call.write(frame as StreamSessionRequest);
  }

  submit(envelope: Partial<Envelope>): void {
    this.write({ envelope: fill(envelope) });
  }

  async messageTypes(count: number): Promise<(string | undefined)[]> {
    return (await this.take(count)).map(({ envelope, error }) => envelope?.messageType ?? error?.code);
  }
}

export function fill(envelope: Partial<Envelope>): Envelope {
  return {
    macpVersion: '1.0',
    mode: MODE_DECISION,
    messageType: '',
    messageId: randomUUID(),
    sessionId: '',
    sender: '',
    timestampUnixMs: 0,
    payload: Buffer.alloc(0),
    ...envelope,
  };
}

export function proposal(sessionId: string, proposalId = 'p1', messageId: string = randomUUID()): Partial<Envelope> {
  return { messageType: 'Proposal', sessionId, messageId, payload: encodePayload(MODE_DECISION, 'Proposal', { proposalId, option: 'go' }) as Buffer };
}

export function commitment(): Buffer {
  const payload = {
    commitmentId: 'c1',
    action: 'decision.selected',
    authorityScope: 'test',
    reason: 'enough',
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    outcomePositive: true,
  };
  return encodePayload(MODE_DECISION, 'Commitment', payload) as Buffer;
}

export function eventTypes(feed: readonly { event?: SessionLifecycleEvent | undefined }[]): (string | undefined)[] {
  return feed.map(({ event }) => event?.eventType);
}

export function headers(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}
