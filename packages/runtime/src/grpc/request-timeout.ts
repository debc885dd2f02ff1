import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import { failure } from './status.js';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** How late a request may be found out, at most. */
const LOOK_EVERY_MS = 1000;

/**
 * Ends calls whose request does not arrive whole within the time limit: half a request takes memory for as long as it is waited
 * for, before anybody is asked who is calling. Session streams are left alone, their requests come one by one.
 */
export function requestTimeout(clock: Clock, timeoutMs: number): ServerInterceptor {
  const waiting = new Waiting();
  let armed = false;
  const look = (): void => {
    armed = false;
    const until = clock.nowUnixMs() - timeoutMs;
    // In the order of their beginning, because all have the same limit.
    for (let call = waiting.first; call !== undefined && call.sinceUnixMs <= until; call = waiting.first) {
      waiting.remove(call);
      call.sendStatus(failure('DEADLINE_EXCEEDED', `the request did not arrive whole within ${timeoutMs} ms; send it again`));
    }
    arm();
  };
  const arm = (): void => {
    if (armed || waiting.first === undefined) return;
    armed = true;
    clock.after(Math.min(LOOK_EVERY_MS, timeoutMs), look);
  };
  const intercept = (definition: { readonly requestStream: boolean }, call: ServerInterceptingCallInterface): ServerInterceptingCallInterface => {
    if (definition.requestStream) return call;
    const watched = new WatchedCall(call, waiting, clock.nowUnixMs());
    waiting.add(watched);
    arm();
    return watched;
  };
  // The type asks for one class where grpc-js needs no more than its interface.
  return intercept as unknown as ServerInterceptor;
}

/** Calls whose requests are on their way, oldest first: linked, because a call is put in and taken out once for each message. */
class Waiting {
  first: WatchedCall | undefined;
  #last: WatchedCall | undefined;

  add(call: WatchedCall): void {
    call.previous = this.#last;
    if (this.#last === undefined) this.first = call;
    else this.#last.next = call;
    this.#last = call;
    call.isWaiting = true;
  }

  remove(call: WatchedCall): void {
    if (!call.isWaiting) return;
    call.isWaiting = false;
    const { previous, next } = call;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    call.previous = undefined;
    call.next = undefined;
  }
}

/** A call that says when its request is there, or never will be; everything else goes through. */
class WatchedCall implements ServerInterceptingCallInterface {
  readonly sinceUnixMs: number;
  isWaiting = false;
  previous: WatchedCall | undefined;
  next: WatchedCall | undefined;
  readonly #call: ServerInterceptingCallInterface;
  readonly #waiting: Waiting;

  constructor(call: ServerInterceptingCallInterface, waiting: Waiting, sinceUnixMs: number) {
    this.#call = call;
    this.#waiting = waiting;
    this.sinceUnixMs = sinceUnixMs;
  }

  start(listener: Listener): void {
    this.#call.start({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => {
        this.#waiting.remove(this);
        listener.onReceiveHalfClose();
      },
      onCancel: () => {
        this.#waiting.remove(this);
        listener.onCancel();
      },
    });
  }

  sendMetadata(...args: Parameters<ServerInterceptingCallInterface['sendMetadata']>): void {
    this.#call.sendMetadata(...args);
  }

  sendMessage(...args: Parameters<ServerInterceptingCallInterface['sendMessage']>): void {
    this.#call.sendMessage(...args);
  }

  sendStatus(...args: Parameters<ServerInterceptingCallInterface['sendStatus']>): void {
    this.#call.sendStatus(...args);
  }

  startRead(): void {
    this.#call.startRead();
  }

  getPeer(): string {
    return this.#call.getPeer();
  }

  getDeadline(): ReturnType<ServerInterceptingCallInterface['getDeadline']> {
    return this.#call.getDeadline();
  }

  getHost(): string {
    return this.#call.getHost();
  }

  getAuthContext(): ReturnType<ServerInterceptingCallInterface['getAuthContext']> {
    return this.#call.getAuthContext();
  }

  getConnectionInfo(): ReturnType<ServerInterceptingCallInterface['getConnectionInfo']> {
    return this.#call.getConnectionInfo();
  }

  getMetricsRecorder(): ReturnType<ServerInterceptingCallInterface['getMetricsRecorder']> {
    return this.#call.getMetricsRecorder();
  }
}
