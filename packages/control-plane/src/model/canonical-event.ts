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
  readonly type: string;
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
