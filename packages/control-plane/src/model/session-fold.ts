import { findMode, RUNTIME_ONLY_TYPES, type PolicyDefinition, type SessionBinding } from '@macp-agent/protocol';
import type { CanonicalEvent } from './canonical-event.js';

/** Browser-safe: the console folds the same events with the same reducers. */

type Mode = NonNullable<ReturnType<typeof findMode>>;

/** What a run's events make of its session. Never changed in place. */
export interface FoldedSession {
  readonly binding: SessionBinding;
  /** Undefined for a mode or version that this package does not know: the state is then opaque. */
  readonly mode: Mode | undefined;
  readonly modeState: unknown;
  readonly state: 'OPEN' | 'SUSPENDED' | 'RESOLVED' | 'EXPIRED' | 'CANCELLED';
  readonly deadlineUnixMs: number;
  readonly suspendedAtUnixMs?: number | undefined;
  /** Accepted envelopes so far. */
  readonly ordinal: number;
  readonly policy?: PolicyDefinition | undefined;
  readonly commitment?: FoldedCommitment | undefined;
}

/** The accepted Commitment and who sent it. */
export interface FoldedCommitment {
  readonly sender: string;
  readonly commitmentId: string;
  readonly action: string;
  readonly reason: string;
  readonly authorityScope: string;
  readonly outcomePositive: boolean;
}

/** The session after one more event; undefined until its SessionStart. Total: what was accepted is never judged again. */
export function foldEvent(session: FoldedSession | undefined, event: CanonicalEvent, policy?: PolicyDefinition): FoldedSession | undefined {
  const { data } = event;
  switch (event.type) {
    case 'message.received':
      return foldMessage(session, event, policy);
    case 'policy.resolved': {
      const found = readPolicy(data['decodedPayload']);
      return session === undefined || found === undefined ? session : { ...session, policy: found, binding: { ...session.binding, policy: found } };
    }
    case 'session.state.changed': {
      if (session === undefined) return undefined;
      const state = readState(data['state']) ?? session.state;
      const deadlineUnixMs = typeof data['expiresAtUnixMs'] === 'number' && data['expiresAtUnixMs'] > 0 ? data['expiresAtUnixMs'] : session.deadlineUnixMs;
      const suspendedAtUnixMs = state === 'SUSPENDED' ? (session.suspendedAtUnixMs ?? Date.parse(event.ts)) : undefined;
      return { ...session, state, deadlineUnixMs, suspendedAtUnixMs };
    }
    default:
      return session;
  }
}

const CONTROL_STATES: Readonly<Record<string, FoldedSession['state']>> = {
  SessionSuspend: 'SUSPENDED',
  SessionResume: 'OPEN',
  SessionCancel: 'CANCELLED',
  TtlExpired: 'EXPIRED',
};

/** What the session becomes by a record that the runtime itself writes; undefined for what a participant sends. Not every runtime streams them. */
export function controlState(messageType: string): FoldedSession['state'] | undefined {
  return CONTROL_STATES[messageType];
}

/** Who asked the runtime for such a record. */
export function controlledBy(payload: Readonly<Record<string, unknown>> | undefined): string {
  return text(payload?.['suspendedBy'] ?? payload?.['resumedBy'] ?? payload?.['cancelledBy']);
}

/** Folds events in order. The policy may be recorded before the SessionStart, so it is looked up first. */
export function foldEvents(events: readonly CanonicalEvent[], policy = findPolicy(events)): FoldedSession | undefined {
  let session: FoldedSession | undefined;
  for (const event of events) session = foldEvent(session, event, policy);
  return session;
}

/** The policy that the events name, wherever they do. */
export function findPolicy(events: readonly CanonicalEvent[]): PolicyDefinition | undefined {
  for (const event of events) {
    if (event.type === 'policy.resolved') return readPolicy(event.data['decodedPayload']);
  }
  return undefined;
}

function foldMessage(session: FoldedSession | undefined, event: CanonicalEvent, policy: PolicyDefinition | undefined): FoldedSession | undefined {
  const { data } = event;
  const messageType = text(data['messageType']);
  const payload = data['payload'] as Record<string, unknown> | undefined;
  if (messageType === 'SessionStart') return session ?? open(event, payload ?? {}, policy);
  if (session === undefined) return undefined;
  const ordinal = typeof data['ordinal'] === 'number' ? data['ordinal'] : session.ordinal + 1;
  const state = controlState(messageType);
  if (state !== undefined) return { ...foldControl(session, state, payload, acceptedAt(event)), ordinal };
  // A payload that did not decode counts, but changes nothing else.
  if (payload === undefined || RUNTIME_ONLY_TYPES.has(messageType)) return { ...session, ordinal };
  const message = { messageType, sender: text(data['sender']), payload, atUnixMs: acceptedAt(event) };
  const modeState = session.mode === undefined ? session.modeState : session.mode.apply(session.modeState, session.binding, message);
  if (messageType !== 'Commitment') return { ...session, modeState, ordinal };
  return { ...session, modeState, ordinal, state: 'RESOLVED', commitment: readCommitment(payload, message.sender) };
}

/** Whatever comes first, the record or the watch, changes the clock; the other finds it changed. */
function foldControl(session: FoldedSession, state: FoldedSession['state'], payload: Record<string, unknown> | undefined, atUnixMs: number): FoldedSession {
  if (state === session.state) return session;
  const bankedMs = state === 'OPEN' && typeof payload?.['bankedMs'] === 'number' ? payload['bankedMs'] : 0;
  return { ...session, state, deadlineUnixMs: session.deadlineUnixMs + bankedMs, suspendedAtUnixMs: state === 'SUSPENDED' ? atUnixMs : undefined };
}

function open(event: CanonicalEvent, payload: Record<string, unknown>, policy: PolicyDefinition | undefined): FoldedSession {
  const { data } = event;
  const startedAtUnixMs = acceptedAt(event);
  const modeVersion = text(payload['modeVersion']);
  const modeName = text(data['modeName']);
  const ttlMs = typeof payload['ttlMs'] === 'number' ? payload['ttlMs'] : 0;
  const mode = findMode(modeName, modeVersion);
  const binding: SessionBinding = {
    sessionId: text(data['sessionId']),
    mode: modeName,
    initiator: text(data['sender']),
    participants: strings(payload['participants']),
    intent: text(payload['intent']),
    modeVersion,
    configurationVersion: text(payload['configurationVersion']),
    policyVersion: text(payload['policyVersion']) || 'policy.default',
    policy,
    startedAtUnixMs,
    deadlineUnixMs: startedAtUnixMs + ttlMs,
    maxSuspendMs: typeof payload['maxSuspendMs'] === 'number' ? payload['maxSuspendMs'] : 0,
    contextId: text(payload['contextId']),
    extensions: {},
    roots: [],
  };
  return { binding, mode, modeState: mode?.initial(binding), state: 'OPEN', deadlineUnixMs: binding.deadlineUnixMs, ordinal: 1, policy };
}

/** Acceptance time is not on the wire: the sender's clock stands in, or the time of recording. */
export function acceptedAt(event: CanonicalEvent): number {
  const sent = event.data['timestampUnixMs'];
  return typeof sent === 'number' && sent > 0 ? sent : Date.parse(event.ts);
}

function readCommitment(payload: Record<string, unknown>, sender: string): FoldedCommitment {
  const { commitmentId, action, reason, authorityScope } = payload;
  return {
    sender,
    commitmentId: text(commitmentId),
    action: text(action),
    reason: text(reason),
    authorityScope: text(authorityScope),
    outcomePositive: payload['outcomePositive'] === true,
  };
}

function readPolicy(value: unknown): PolicyDefinition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { policyId, mode, description, rules, schemaVersion } = value as Record<string, unknown>;
  if (typeof rules !== 'object' || rules === null || typeof schemaVersion !== 'number') return undefined;
  return { policyId: text(policyId), mode: text(mode), description: text(description), rules: rules as Record<string, unknown>, schemaVersion };
}

function readState(value: unknown): FoldedSession['state'] | undefined {
  const name = text(value).replace('SESSION_STATE_', '');
  return name === 'OPEN' || name === 'SUSPENDED' || name === 'RESOLVED' || name === 'EXPIRED' || name === 'CANCELLED' ? name : undefined;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []);
