import type { LifecycleEventType, SessionLifecycleEvent } from '@macp-agent/protocol';

/** After one of these a session never changes again. */
export const TERMINAL_SESSION_LIFECYCLE_EVENT_TYPES: ReadonlySet<LifecycleEventType> = new Set<LifecycleEventType>([
  'EVENT_TYPE_RESOLVED',
  'EVENT_TYPE_EXPIRED',
  'EVENT_TYPE_CANCELLED',
]);

type EventOrType = Pick<SessionLifecycleEvent, 'eventType'> | LifecycleEventType;

const typeOf = (event: EventOrType): LifecycleEventType => (typeof event === 'string' ? event : event.eventType);
const is =
  (type: LifecycleEventType) =>
  (event: EventOrType): boolean =>
    typeOf(event) === type;

/** Each takes an event of WatchSessions or its type. */
export const isSessionCreated = is('EVENT_TYPE_CREATED');
/** Takes an event of WatchSessions or its type. */
export const isSessionResolved = is('EVENT_TYPE_RESOLVED');
/** Takes an event of WatchSessions or its type. */
export const isSessionExpired = is('EVENT_TYPE_EXPIRED');
/** Takes an event of WatchSessions or its type. */
export const isSessionSuspended = is('EVENT_TYPE_SUSPENDED');
/** Takes an event of WatchSessions or its type. */
export const isSessionResumed = is('EVENT_TYPE_RESUMED');
/** Takes an event of WatchSessions or its type. */
export const isSessionCancelled = is('EVENT_TYPE_CANCELLED');

/** Whether the session has ended with this event; takes it or its type. */
export function isTerminalSessionLifecycleEvent(event: EventOrType): boolean {
  return TERMINAL_SESSION_LIFECYCLE_EVENT_TYPES.has(typeOf(event));
}
