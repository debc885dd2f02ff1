import { DEFAULT_POLICY, DEFAULT_POLICY_ID, parsePolicyDescriptor, type PolicyDescriptor, type SessionMetadata, type SessionState } from '@macp-agent/protocol';
import type { EventDraft, EventSource, EventType } from '../model/canonical-event.js';
import type { Run, RunStatus } from '../model/run.js';
import { runtimeSource } from '../model/envelope-events.js';

const OWN_SOURCE: EventSource = { kind: 'macp-control-plane', name: 'observer', rawType: '' };

/** A change of the run itself. */
export function runEvent(type: EventType, run: Pick<Run, 'id' | 'runtimeSessionId'>, data: Readonly<Record<string, unknown>>): EventDraft {
  return {
    type,
    subject: { kind: 'run', id: run.id },
    source: OWN_SOURCE,
    data: { ...data, runtimeSessionId: run.runtimeSessionId, sessionId: run.runtimeSessionId },
  };
}

/** What the runtime says the session is bound to. */
export function sessionBoundEvent(session: SessionMetadata): EventDraft {
  const { sessionId, initiator, mode, modeVersion, configurationVersion, policyVersion, participants, contextId, extensionKeys } = session;
  const data = {
    sessionId,
    initiator,
    state: session.state,
    modeName: mode,
    modeVersion,
    configurationVersion,
    policyVersion,
    participants,
    contextId,
    extensionKeys,
  };
  return { type: 'session.bound', subject: { kind: 'session', id: sessionId }, source: runtimeSource('SessionMetadata'), data };
}

/** The state of the session, with its clock. */
export function stateEvent(sessionId: string, state: SessionState, session: SessionMetadata | undefined, rawType: string): EventDraft {
  const clock = session === undefined ? {} : { startedAtUnixMs: session.startedAtUnixMs, expiresAtUnixMs: session.expiresAtUnixMs, modeName: session.mode };
  return { type: 'session.state.changed', subject: { kind: 'session', id: sessionId }, source: runtimeSource(rawType), data: { sessionId, state, ...clock } };
}

export function participantSeenEvent(participantId: string): EventDraft {
  return { type: 'participant.seen', subject: { kind: 'participant', id: participantId }, source: runtimeSource('SessionStart'), data: { participantId } };
}

/** `status` is opened, reconnecting, recovered, history_unavailable, refused or closed. */
export function streamEvent(sessionId: string, status: string, detail: string): EventDraft {
  return { type: 'session.stream.opened', subject: { kind: 'session', id: sessionId }, source: OWN_SOURCE, data: { sessionId, status, detail } };
}

/** The bound policy with its rules read, which the console explains outcomes with; undefined for rules that cannot be read. */
export function policyResolvedEvent(policyId: string, descriptor: PolicyDescriptor | undefined): EventDraft | undefined {
  const parsed = descriptor === undefined ? undefined : parsePolicyDescriptor(descriptor);
  const policy = policyId === DEFAULT_POLICY_ID && descriptor === undefined ? DEFAULT_POLICY : parsed?.ok === true ? parsed.policy : undefined;
  if (policy === undefined) return undefined;
  return { type: 'policy.resolved', subject: { kind: 'policy', id: policyId }, source: runtimeSource('PolicyDescriptor'), data: { decodedPayload: policy } };
}

/** How a run ends when its session does. */
export const ENDING: Readonly<
  Record<'RESOLVED' | 'EXPIRED' | 'CANCELLED', { status: RunStatus; event: EventType; errorCode: string | null; errorMessage: string | null }>
> = {
  RESOLVED: { status: 'completed', event: 'run.completed', errorCode: null, errorMessage: null },
  EXPIRED: {
    status: 'failed',
    event: 'run.failed',
    errorCode: 'SESSION_EXPIRED',
    errorMessage: 'the session expired before a commitment; raise ttlMs or look for the participant that did not answer',
  },
  CANCELLED: { status: 'cancelled', event: 'run.cancelled', errorCode: null, errorMessage: null },
};

export type EndState = keyof typeof ENDING;

/** The end state, or undefined for a session that goes on. */
export function endState(state: SessionState | undefined): EndState | undefined {
  return state === 'RESOLVED' || state === 'EXPIRED' || state === 'CANCELLED' ? state : undefined;
}
