/** What a recorded event is about. */
export interface EventSubject {
  readonly kind: 'run' | 'session' | 'participant' | 'message' | 'proposal' | 'decision' | 'signal' | 'policy' | 'tool';
  readonly id: string;
}

/** Where it came from: what the runtime said, or what this observer concluded. */
export interface EventSource {
  readonly kind: 'runtime' | 'macp-control-plane';
  readonly name: string;
  /** Message type or lifecycle event as the runtime names it. */
  readonly rawType: string;
}

/** Every type of event that this observer records: what it is about, what `data` holds, and when it comes. The reference page is made of it. */
export const EVENT_TYPES = {
  'run.created': { subject: 'run', data: 'status, modeName, runtimeKind, scenarioRef or source', when: 'a descriptor was posted, or a session was discovered' },
  'run.adopted': { subject: 'run', data: 'status, ended, scenarioRef', when: 'the descriptor of a session that was discovered before' },
  'run.started': { subject: 'run', data: 'status, startedAt', when: 'the session is open' },
  'run.suspended': { subject: 'run', data: 'status, startedAt', when: 'the session was suspended' },
  'run.resumed': { subject: 'run', data: 'status, startedAt', when: 'the session goes on' },
  'run.completed': { subject: 'run', data: 'status, endedAt', when: 'a Commitment was accepted, whatever the outcome' },
  'run.failed': { subject: 'run', data: 'status, endedAt, error {code, message}', when: 'expired, lost, never begun, or left by a console that was killed' },
  'run.cancelled': { subject: 'run', data: 'status, endedAt, reason', when: 'the session was cancelled' },
  'session.bound': {
    subject: 'session',
    data: 'initiator, modeName, modeVersion, configurationVersion, policyVersion, participants, contextId, extensionKeys',
    when: 'the runtime first told of the session',
  },
  'session.state.changed': { subject: 'session', data: 'state, startedAtUnixMs, expiresAtUnixMs', when: 'open, suspended, resumed, or ended' },
  'session.stream.opened': {
    subject: 'session',
    data: 'status (opened, recovered, reconnecting, history_unavailable, refused), detail',
    when: 'the subscription of this observer began, broke or went on',
  },
  'participant.seen': { subject: 'participant', data: 'participantId', when: 'declared in the SessionStart' },
  'message.received': {
    subject: 'message',
    data: 'ordinal, modeName, messageType, messageId, sender, timestampUnixMs, payload or payloadBase64',
    when: 'every accepted envelope, once',
  },
  'message.refused': {
    subject: 'participant',
    data: 'sender, messageType, code, message, step (onboarding step that owns the fix, or null)',
    when: 'an agent that was started beside this observer reports that the runtime refused a message; no other observer learns of it',
  },
  'proposal.created': {
    subject: 'proposal',
    data: 'as message.received, decodedPayload, payloadTypeName',
    when: 'Proposal, CounterProposal, ApprovalRequest, TaskRequest, HandoffOffer',
  },
  'proposal.updated': { subject: 'proposal', data: 'the same', when: 'every answer to one: Evaluation, Objection, Vote, Accept, Task…, Handoff…' },
  'decision.finalized': { subject: 'decision', data: 'the same', when: 'Commitment' },
  'policy.resolved': { subject: 'policy', data: 'decodedPayload (the policy with its rules)', when: 'the bound policy was read' },
  'signal.emitted': { subject: 'signal', data: 'sender, decodedPayload, timestampUnixMs', when: 'an ambient Signal of the session; no part of its history' },
  'progress.reported': {
    subject: 'participant',
    data: 'sender, decodedPayload {percentage, total, message, progressToken}',
    when: 'an ambient Progress; no part of the history either',
  },
  'llm.call.completed': {
    subject: 'message',
    data: 'sender, decodedPayload {promptTokens, completionTokens, totalTokens, model, latencyMs, provider}',
    when: 'a payload or Signal tells of a model call; prompt and answer are left out',
  },
  'tool.called': { subject: 'tool', data: 'as message.received, decodedPayload', when: 'ToolCall, ToolRequest' },
  'tool.completed': { subject: 'tool', data: 'the same', when: 'ToolResult, ToolCompleted, ToolOutput' },
} as const satisfies Readonly<Record<string, { readonly subject: EventSubject['kind']; readonly data: string; readonly when: string }>>;

/** Type of a recorded event. */
export type EventType = keyof typeof EVENT_TYPES;

/** One recorded fact of a run. `seq` is increasing without gaps, from 1, and never changes after it was shown. */
export interface CanonicalEvent {
  readonly id: string;
  readonly runId: string;
  readonly seq: number;
  /** When this observer learned it, ISO 8601. */
  readonly ts: string;
  readonly type: string;
  readonly schemaVersion: 3;
  readonly subject: EventSubject;
  readonly source: EventSource;
  readonly trace: { readonly traceId: string; readonly spanId: string; readonly parentSpanId: string };
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event before it has its place in the log of a run. */
export interface EventDraft {
  readonly type: EventType;
  readonly subject: EventSubject;
  readonly source: EventSource;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The event at its place in the log. */
export function placeEvent(draft: EventDraft, runId: string, seq: number, ts: string): CanonicalEvent {
  const trace = { traceId: '', spanId: '', parentSpanId: '' };
  return { id: `${runId}-${seq}`, runId, seq, ts, type: draft.type, schemaVersion: 3, subject: draft.subject, source: draft.source, trace, data: draft.data };
}

/** The flat row that `GET /runs/:id/events` has always answered with. */
export function toEventRow(event: CanonicalEvent): Record<string, unknown> {
  const { subject, source, trace, ...rest } = event;
  return {
    ...rest,
    subjectKind: subject.kind,
    subjectId: subject.id,
    sourceKind: source.kind,
    sourceName: source.name,
    rawType: source.rawType,
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
  };
}
