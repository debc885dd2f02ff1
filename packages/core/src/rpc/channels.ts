import { Client, credentials as channelCredentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { resolveClientOptions, type ClientOptions, type ResolvedClientOptions } from '../client-options.js';

/**
 * Streams that one HTTP/2 connection carries. Runtimes take a limited number (the reference runtime 128), calls beyond it wait
 * without a word, and unary calls need room beside the streams.
 */
const STREAMS_PER_CHANNEL = 100;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** A connection and the streams that it carries now. */
interface Channel {
  readonly client: Client;
  streams: number;
}

/** The HTTP/2 connections of one client: one for unary calls and the first streams, further ones for as long as more streams are open. */
export class Channels {
  readonly resolved: ResolvedClientOptions;
  readonly #options: ClientOptions;
  readonly #first: Channel;
  readonly #further = new Set<Channel>();

  constructor(options: ClientOptions) {
    this.resolved = resolveClientOptions(options);
    this.#options = options;
    this.#first = this.#open();
  }

  /** For unary calls. */
  get client(): Client {
    return this.#first.client;
  }

  /** A connection with room for one more stream; `release` is called once, when the stream is over. */
  takeForStream(): { readonly client: Client; readonly release: () => void } {
    const channel = [this.#first, ...this.#further].find(({ streams }) => streams < STREAMS_PER_CHANNEL) ?? this.#open();
    if (channel !== this.#first) this.#further.add(channel);
    channel.streams += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      channel.streams -= 1;
      if (channel.streams === 0 && this.#further.delete(channel)) channel.client.close();
    };
    return { client: channel.client, release };
  }

  close(): void {
    for (const { client } of [this.#first, ...this.#further]) client.close();
    this.#further.clear();
  }

  #open(): Channel {
    const { address, plaintext, loopback } = this.resolved;
    return { client: new Client(address, toChannelCredentials(this.#options, plaintext), channelOptions(this.#options, loopback)), streams: 0 };
  }
}

function toChannelCredentials(options: ClientOptions, plaintext: boolean): ChannelCredentials {
  if (plaintext) return channelCredentials.createInsecure();
  const { rootCertificates, clientCertificate } = options;
  const pem = (value: Buffer | string | undefined): Buffer | null => (value === undefined ? null : Buffer.from(value));
  return channelCredentials.createSsl(pem(rootCertificates), pem(clientCertificate?.key), pem(clientCertificate?.cert));
}

function channelOptions(options: ClientOptions, loopback: boolean): ChannelOptions {
  return {
    // A dead peer is noticed within 40 s even when no packet says so.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    // Calls meanwhile fail at once: a runtime that is back must be found well within the limit of a call.
    'grpc.max_reconnect_backoff_ms': 1_000,
    // The retries of grpc-js hold each message of a stream back until the one before it is written, which costs a fifth of the
    // throughput; this client tries again itself, in Connection and SessionStream.
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    // Clients with different credentials or options never share a connection by accident.
    'grpc.use_local_subchannel_pool': 1,
    // A proxy for the outside world has no way back to this host.
    ...(loopback ? { 'grpc.enable_http_proxy': 0 } : {}),
    ...(options.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': options.serverName, 'grpc.default_authority': options.serverName }),
  };
}
