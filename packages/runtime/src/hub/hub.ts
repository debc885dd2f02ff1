import { StreamSessionResponse, type Envelope, type LifecycleEventType, type SessionLifecycleEvent, type SessionMetadata } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';

/** Takes accepted envelopes of one session, encoded once for all subscribers. */
export interface SessionSubscriber {
  deliver(frame: Buffer, ordinal: number): void;
}

/** Takes frames of a watch. */
export interface WatchSubscriber {
  deliver(frame: Buffer): void;
}

/** Takes lifecycle events; the id lets a watch that is still listing skip what it will list. */
export interface LifecycleSubscriber {
  deliver(frame: Buffer, sessionId: string, type: LifecycleEventType): void;
}

/** Fan-out of what was accepted. A frame is encoded once, and only when someone listens. */
export class Hub {
  readonly #sessions = new Map<string, Set<SessionSubscriber>>();
  readonly lifecycle = new Set<LifecycleSubscriber>();
  readonly signals = new Set<WatchSubscriber>();
  readonly modes = new Set<WatchSubscriber>();
  readonly policies = new Set<WatchSubscriber>();
  /** Roots never change here: these are counted, and hear nothing. */
  readonly roots = new Set<WatchSubscriber>();
  readonly health = new Set<WatchSubscriber>();

  subscribersOf(sessionId: string): number {
    return this.#sessions.get(sessionId)?.size ?? 0;
  }

  /** The answer ends the subscription. The session need not exist. */
  subscribe(sessionId: string, subscriber: SessionSubscriber): () => void {
    let subscribers = this.#sessions.get(sessionId);
    if (subscribers === undefined) this.#sessions.set(sessionId, (subscribers = new Set()));
    subscribers.add(subscriber);
    return () => {
      if (subscribers.delete(subscriber) && subscribers.size === 0 && this.#sessions.get(sessionId) === subscribers) this.#sessions.delete(sessionId);
    };
  }

  publishEnvelope(envelope: Envelope, ordinal: number): void {
    const subscribers = this.#sessions.get(envelope.sessionId);
    if (subscribers === undefined) return;
    const frame = envelopeFrame(envelope);
    for (const subscriber of subscribers) subscriber.deliver(frame, ordinal);
  }

  publishLifecycle(eventType: LifecycleEventType, session: SessionMetadata, observedAtUnixMs: number): void {
    if (this.lifecycle.size === 0) return;
    const frame = lifecycleFrame({ eventType, session, observedAtUnixMs });
    for (const subscriber of this.lifecycle) subscriber.deliver(frame, session.sessionId, eventType);
  }

  publishSignal(envelope: Envelope): void {
    publish(this.signals, () => runtimeService.WatchSignals.responseSerialize({ envelope }));
  }

  publishModesChanged(observedAtUnixMs: number): void {
    publish(this.modes, () => modesChangedFrame(observedAtUnixMs));
  }

  publishPolicies(encode: () => Buffer): void {
    publish(this.policies, encode);
  }
}

function publish(subscribers: ReadonlySet<WatchSubscriber>, encode: () => Buffer): void {
  if (subscribers.size === 0) return;
  const frame = encode();
  for (const subscriber of subscribers) subscriber.deliver(frame);
}

export function envelopeFrame(envelope: Envelope): Buffer {
  return StreamSessionResponse.encode({ envelope });
}

export function lifecycleFrame(event: SessionLifecycleEvent): Buffer {
  return runtimeService.WatchSessions.responseSerialize({ event });
}

export function modesChangedFrame(observedAtUnixMs: number): Buffer {
  return runtimeService.WatchModeRegistry.responseSerialize({ change: { registry: 'modes', observedAtUnixMs } });
}
