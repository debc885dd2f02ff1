import {
  credentials,
  Client,
  type Metadata,
  Server,
  ServerCredentials,
  status,
  type MethodDefinition,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { runtimeService } from '@macp-agent/protocol/service';
import type { Envelope } from '@macp-agent/protocol';
import { setTimeout as delay } from 'node:timers/promises';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';

/** What is to be done with a message on its way to the runtime. */
export interface MessageFate {
  readonly delayMs?: number | undefined;
  /** `pass` it on, send it `twice` with the same id, `hold` it for ever, or `refuse` it in the name of the runtime. */
  readonly action: 'pass' | 'twice' | 'hold' | 'refuse';
}

export interface FaultProxyOptions {
  readonly target: RuntimeTarget;
  readonly fateOf: (envelope: Envelope) => MessageFate;
  /** Told for each envelope that a session stream hands out; true breaks the stream behind it. */
  readonly breaksAfter: (envelope: Envelope) => boolean;
}

/** Between one agent and its runtime. */
export interface FaultProxy extends AsyncDisposable {
  readonly runtime: RuntimeTarget;
}

type Bytes = MethodDefinition<Buffer, Buffer>;
const REFUSAL = { code: 'INVALID_ENVELOPE', message: 'refused by --fault nack' };
const raw = (bytes: Buffer): Buffer => bytes;
const { Send, StreamSession } = runtimeService;

/** Starts a loopback gRPC proxy in front of a runtime. What it is not told to spoil passes through byte for byte, credentials too. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target } = options;
  const upstream = new Client(target.address, target.tls === false ? credentials.createInsecure() : credentials.createSsl());
  const server = new Server();
  for (const method of Object.values(runtimeService)) {
    const definition: Bytes = { ...method, requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
    server.addService({ [method.path]: definition }, { [method.path]: handlerOf(definition, upstream, options) } as UntypedServiceImplementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    runtime: { address: `127.0.0.1:${port}`, tls: false, allowInsecure: true },
    [Symbol.asyncDispose]: () => {
      server.forceShutdown();
      upstream.close();
      return Promise.resolve();
    },
  };
}

function handlerOf(method: Bytes, upstream: Client, options: FaultProxyOptions): unknown {
  if (method.path === Send.path) return (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void send(call, done, upstream, options);
  if (method.path === StreamSession.path) return (call: ServerDuplexStream<Buffer, Buffer>) => stream(call, upstream, options);
  if (method.responseStream) return (call: ServerWritableStream<Buffer, Buffer>) => serverStream(call, method, upstream);
  return (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => unary(call, done, method, upstream);
}

function unary(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>, { path }: { readonly path: string }, upstream: Client): void {
  const asked = upstream.makeUnaryRequest(path, raw, raw, call.request, forwarded(call.metadata), { deadline: call.getDeadline() }, (error, answer) =>
    done(error === null ? null : asStatus(error), answer),
  );
  call.on('cancelled', () => asked.cancel());
}

async function send(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>, upstream: Client, { fateOf }: FaultProxyOptions): Promise<void> {
  const { envelope } = Send.requestDeserialize(call.request);
  const { delayMs = 0, action } = envelope === undefined ? PASS : fateOf(envelope);
  if (delayMs > 0) await delay(delayMs);
  // Not answered: the agent runs into the limit of its call.
  if (action === 'hold' || call.cancelled) return;
  if (action === 'refuse' && envelope !== undefined) {
    const { sessionId, messageId } = envelope;
    const error = { ...REFUSAL, sessionId, messageId, details: new Uint8Array() };
    const ack = { ok: false, duplicate: false, messageId, sessionId, acceptedAtUnixMs: 0, sessionState: 'SESSION_STATE_UNSPECIFIED' as const, error };
    done(null, Send.responseSerialize({ ack }));
    return;
  }
  if (action === 'twice') unary(call, () => unary(call, done, Send, upstream), Send, upstream);
  else unary(call, done, Send, upstream);
}

function serverStream(call: ServerWritableStream<Buffer, Buffer>, { path }: Bytes, upstream: Client): void {
  const source = upstream.makeServerStreamRequest(path, raw, raw, call.request, forwarded(call.metadata), { deadline: call.getDeadline() });
  source.on('metadata', (metadata: Metadata) => call.sendMetadata(metadata));
  source.on('data', (bytes: Buffer) => void call.write(bytes));
  source.on('error', (error: ServiceError) => call.emit('error', asStatus(error)));
  source.on('end', () => call.end());
  call.on('cancelled', () => source.cancel());
}

function stream(call: ServerDuplexStream<Buffer, Buffer>, upstream: Client, { fateOf, breaksAfter }: FaultProxyOptions): void {
  const partner = upstream.makeBidiStreamRequest(StreamSession.path, raw, raw, forwarded(call.metadata), { deadline: call.getDeadline() });
  let over = false;
  // One after another: a delay must not change the order.
  let sending = Promise.resolve();
  call.on('data', (bytes: Buffer) => {
    const { envelope } = StreamSession.requestDeserialize(bytes);
    const { delayMs = 0, action } = envelope === undefined ? PASS : fateOf(envelope);
    sending = sending.then(async () => {
      if (delayMs > 0) await delay(delayMs);
      if (over || action === 'hold') return;
      if (action === 'refuse' && envelope !== undefined) {
        const { sessionId, messageId } = envelope;
        call.write(StreamSession.responseSerialize({ error: { ...REFUSAL, sessionId, messageId, details: new Uint8Array() } }));
        return;
      }
      partner.write(bytes);
      if (action === 'twice') partner.write(bytes);
    });
  });
  call.on('end', () => void sending.then(() => partner.end()));
  call.on('cancelled', () => {
    over = true;
    partner.cancel();
  });
  partner.on('metadata', (metadata: Metadata) => call.sendMetadata(metadata));
  partner.on('data', (bytes: Buffer) => {
    if (over) return;
    call.write(bytes);
    const { envelope } = StreamSession.responseDeserialize(bytes);
    if (envelope === undefined || !breaksAfter(envelope)) return;
    over = true;
    partner.cancel();
    call.emit('error', { code: status.UNAVAILABLE, details: 'dropped by --fault drop-stream' });
  });
  partner.on('error', (error: ServiceError) => {
    if (!over) call.emit('error', asStatus(error));
    over = true;
  });
  partner.on('end', () => {
    if (!over) call.end();
    over = true;
  });
}

const PASS: MessageFate = { action: 'pass' };

/** The metadata of the agent, without what belongs to one connection. */
function forwarded(metadata: Metadata): Metadata {
  const clone = metadata.clone();
  for (const name of ['user-agent', 'grpc-accept-encoding', 'accept-encoding', 'grpc-encoding']) clone.remove(name);
  return clone;
}

const asStatus = ({ code, details, metadata }: ServiceError): Partial<ServiceError> => ({ code, details, metadata });
