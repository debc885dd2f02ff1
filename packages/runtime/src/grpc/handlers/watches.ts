import type { handleServerStreamingCall } from '@grpc/grpc-js';
import type { PolicyDescriptor } from '@macp-agent/protocol';
import type { Caller } from '../../auth/identity.js';
import { runtimeService } from '@macp-agent/protocol/service';
import { lifecycleFrame, modesChangedFrame, type WatchSubscriber } from '../../hub/hub.js';
import type { Outbox, OutboundCall } from '../outbox.js';
import { metadataOf } from '../../kernel/metadata.js';
import type { LiveSession } from '../../kernel/live-session.js';
import type { ServiceContext } from '../context.js';
import { openOutbound } from '../outbound.js';
import { tooManySubscribers } from '../status.js';
import { mayList } from './sessions.js';

/** What may wait for a slow reader of a watch (runtime.md §15.1). */
const LIFECYCLE_LIMIT = 64;
const SIGNAL_LIMIT = 256;
const REGISTRY_LIMIT = 16;
/** While the first list is still going out, more events may wait behind it. */
const LIFECYCLE_LIMIT_WHILE_LISTING = 4096;

type WatchHandler = handleServerStreamingCall<unknown, Buffer>;

/** WatchSessions: one CREATED per session in memory, then what happens; joined before the list is read, so without a gap (runtime.md §8). */
export function watchSessions(context: ServiceContext): WatchHandler {
  return (call) =>
    openOutbound(context, call as OutboundCall, { limit: LIFECYCLE_LIMIT, what: 'events' }, (outbox, caller) => {
      outbox.setLimit(LIFECYCLE_LIMIT_WHILE_LISTING);
      const { sessions } = context.kernel;
      const shows = (session: LiveSession): boolean => mayList(context, session, caller as Caller);
      const waiting = new Set(sessions.ids());
      const subscriber = {
        deliver(frame: Buffer, sessionId: string): void {
          // A session that is still to be listed will be listed as it then is.
          if (waiting.has(sessionId)) return;
          const session = sessions.get(sessionId);
          if (session !== undefined && shows(session)) outbox.push(frame);
        },
      };
      if (!join(context, context.hub.lifecycle, outbox, subscriber, 'WatchSessions')) return;
      void listSessions(context, outbox, waiting, shows);
    });
}

async function listSessions({ kernel }: ServiceContext, outbox: Outbox, waiting: Set<string>, shows: (session: LiveSession) => boolean): Promise<void> {
  for (const id of waiting) {
    if (outbox.congested) await outbox.ready();
    if (outbox.ended) return;
    waiting.delete(id);
    const session = kernel.sessions.get(id);
    if (session?.stored === undefined || !shows(session)) continue;
    const metadata = metadataOf(session, session.stored);
    outbox.push(lifecycleFrame({ eventType: 'EVENT_TYPE_CREATED', session: metadata, observedAtUnixMs: metadata.startedAtUnixMs }));
  }
  outbox.setLimit(LIFECYCLE_LIMIT);
}

/** WatchSignals: every accepted Signal and Progress, no backlog (runtime.md §11). */
export function watchSignals(context: ServiceContext): WatchHandler {
  return (call) =>
    openOutbound(
      context,
      call as OutboundCall,
      { limit: SIGNAL_LIMIT, what: 'signals' },
      (outbox) => void joinWatch(context, 'signals', outbox, 'WatchSignals'),
    );
}

/** WatchModeRegistry: a hint at once and after each change. */
export function watchModeRegistry(context: ServiceContext): WatchHandler {
  return (call) =>
    openOutbound(context, call as OutboundCall, { limit: REGISTRY_LIMIT, what: 'changes', anonymous: true }, (outbox) => {
      if (joinWatch(context, 'modes', outbox, 'WatchModeRegistry')) outbox.push(modesChangedFrame(context.clock.nowUnixMs()));
    });
}

/** WatchRoots: a hint at once, then silence, for the roots never change here. */
export function watchRoots(context: ServiceContext): WatchHandler {
  return (call) =>
    openOutbound(context, call as OutboundCall, { limit: REGISTRY_LIMIT, what: 'changes', anonymous: true }, (outbox) => {
      const change = { observedAtUnixMs: context.clock.nowUnixMs() };
      if (joinWatch(context, 'roots', outbox, 'WatchRoots')) outbox.push(runtimeService.WatchRoots.responseSerialize({ change }));
    });
}

/** WatchPolicies: the full list at once and after each change; for everyone, unless the operator asks for a credential. */
export function watchPolicies(context: ServiceContext): WatchHandler {
  return (call) =>
    openOutbound(context, call as OutboundCall, { limit: REGISTRY_LIMIT, what: 'changes', anonymous: !context.watchPoliciesAuth }, (outbox) => {
      if (joinWatch(context, 'policies', outbox, 'WatchPolicies')) outbox.push(policiesFrame(context.policies.list(''), context.clock.nowUnixMs()));
    });
}

/** What WatchPolicies sends. */
export function policiesFrame(descriptors: PolicyDescriptor[], observedAtUnixMs: number): Buffer {
  return runtimeService.WatchPolicies.responseSerialize({ descriptors, observedAtUnixMs });
}

function joinWatch(context: ServiceContext, watch: 'signals' | 'modes' | 'policies' | 'roots', outbox: Outbox, name: string): boolean {
  const subscriber: WatchSubscriber = { deliver: (frame) => outbox.push(frame) };
  return join(context, context.hub[watch], outbox, subscriber, name);
}

/** False, and the stream ends, when the watch has as many readers as it may. */
function join<Subscriber>({ maxSubscribers }: ServiceContext, subscribers: Set<Subscriber>, outbox: Outbox, subscriber: Subscriber, name: string): boolean {
  if (subscribers.size >= maxSubscribers) {
    outbox.fail(tooManySubscribers(name, maxSubscribers));
    return false;
  }
  subscribers.add(subscriber);
  outbox.onClose(() => subscribers.delete(subscriber));
  return true;
}
