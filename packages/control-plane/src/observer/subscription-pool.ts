import type { MacpClient } from '@macp-agent/core';
import { isErrorCode, MacpError, type Envelope } from '@macp-agent/protocol';
import type { Subscription } from './runtime-link.js';

/** A runtime takes a limited number of streams per connection (runtime.md §1.1); past it everything on that connection waits. */
const STREAMS_PER_CONNECTION = 48;
/** So many sessions are followed at one time; further ones are tried again later. */
const MAX_CONNECTIONS = 64;

interface Member {
  readonly client: MacpClient;
  streams: number;
}

/** Passive subscriptions, spread over as many connections as they need, away from the one for calls and watches. */
export class SubscriptionPool {
  readonly #connect: () => MacpClient;
  readonly #members: Member[] = [];

  constructor(connect: () => MacpClient) {
    this.#connect = connect;
  }

  /** One stream. Iterating throws RATE_LIMITED when all connections are full, and refusals of the runtime with their code. */
  subscribe(sessionId: string, afterOrdinal: number, signal: AbortSignal): Subscription {
    const member = this.#take();
    if (member === undefined)
      throw new MacpError('RATE_LIMITED', `${MAX_CONNECTIONS * STREAMS_PER_CONNECTION} sessions are followed, which is the limit; ${sessionId} waits`, {
        context: { sessionId },
      });
    return openSubscription(member.client, sessionId, afterOrdinal, signal, () => this.#release(member));
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(({ client }) => client.close()));
  }

  #take(): Member | undefined {
    let member = this.#members.find(({ streams }) => streams < STREAMS_PER_CONNECTION);
    if (member === undefined && this.#members.length < MAX_CONNECTIONS) {
      member = { client: this.#connect(), streams: 0 };
      this.#members.push(member);
    }
    if (member !== undefined) member.streams += 1;
    return member;
  }

  /** The first connection is kept; others close with their last stream. */
  #release(member: Member): void {
    member.streams -= 1;
    const index = this.#members.indexOf(member);
    if (member.streams > 0 || index <= 0) return;
    this.#members.splice(index, 1);
    void member.client.close();
  }
}

/** Refusals of a subscription come in the stream, which stays open (runtime.md §9.4): they end ours with their code. */
function openSubscription(client: MacpClient, sessionId: string, afterOrdinal: number, signal: AbortSignal, onDone: () => void): Subscription {
  const stream = client.openStream();
  let refusal: MacpError | undefined;
  stream.onInlineError(({ code, message }) => {
    refusal ??= new MacpError(isErrorCode(code) ? code : 'TRANSPORT', `subscribing to ${sessionId} after envelope ${afterOrdinal} was refused: ${message}`, {
      context: { sessionId },
    });
    stream.cancel();
  });
  const onAbort = (): void => stream.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  // A listener on a signal that has fired already never runs.
  if (signal.aborted) onAbort();
  const subscribed = stream.sendSubscribe(sessionId, afterOrdinal);
  // A failure to open shows in the iteration as well.
  subscribed.catch(() => undefined);
  async function* read(): AsyncGenerator<Envelope, void, undefined> {
    try {
      yield* stream.responses();
      if (refusal !== undefined) throw refusal;
    } finally {
      signal.removeEventListener('abort', onAbort);
      stream.cancel();
      onDone();
    }
  }
  return {
    finish: () =>
      void subscribed.then(
        () => stream.close(),
        () => stream.cancel(),
      ),
    [Symbol.asyncIterator]: read,
  };
}
