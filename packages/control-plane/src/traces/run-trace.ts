import { createHash } from 'node:crypto';
import { spanIdOf, traceIdOf } from '@macp-agent/protocol';
import type { CanonicalEvent } from '../model/canonical-event.js';
import type { Run } from '../model/run.js';
import { acceptedAt } from '../model/session-fold.js';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span as OTLP/JSON has it. */
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly object[];
  readonly events?: readonly object[];
  readonly status?: { readonly code: number; readonly message?: string };
}

/** Envelopes of one participant that become events of its span; a collector refuses messages without end. */
const MAX_EVENTS = 512;
const [INTERNAL, CLIENT] = [1, 3];
const [OK, ERROR] = [1, 2];

/**
 * The trace of an ended run: the session, below it each participant with its envelopes as events, below those the model calls that they
 * reported. Ids follow from the session id (`traceparentOf`), so what an instrumented agent recorded itself hangs below its participant.
 */
export function runTrace(run: Run, events: readonly CanonicalEvent[], serviceName: string): object {
  const sessionId = run.runtimeSessionId;
  const traceId = traceIdOf(sessionId);
  const startMs = Date.parse(run.startedAt ?? run.createdAt);
  const endMs = Math.max(startMs, Date.parse(run.endedAt ?? run.updatedAt));
  const { metadata } = run;
  const text = (name: string): string | undefined => (typeof metadata[name] === 'string' ? metadata[name] : undefined);
  const session: OtlpSpan = {
    traceId,
    spanId: spanIdOf(sessionId),
    name: text('scenarioRef') ?? text('modeName') ?? 'session',
    kind: INTERNAL,
    ...times(startMs, endMs),
    attributes: attributes({
      'macp.run.id': run.id,
      'macp.session.id': sessionId,
      'macp.session.mode': text('modeName'),
      'macp.session.policy': text('policyVersion'),
      'macp.session.initiator': text('initiator'),
      'macp.run.status': run.status,
      'macp.commitment.action': text('finalAction'),
      'macp.commitment.outcome_positive': typeof metadata['outcomePositive'] === 'boolean' ? metadata['outcomePositive'] : undefined,
    }),
    status: run.status === 'failed' ? { code: ERROR, message: `${run.errorCode}: ${run.errorMessage}` } : { code: OK },
  };
  const participants = [...bySender(events)].map(([sender, own]) => participantSpan(session, sessionId, sender, own));
  const calls = events.filter((event) => event.type === 'llm.call.completed').map((event) => modelCall(session, sessionId, event));
  const spans = [session, ...participants, ...calls];
  const resource = { attributes: attributes({ 'service.name': serviceName }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: '@macp-agent/control-plane' }, spans }] }] };
}

function bySender(events: readonly CanonicalEvent[]): Map<string, CanonicalEvent[]> {
  const found = new Map<string, CanonicalEvent[]>();
  for (const event of events) {
    const { sender } = event.data;
    if ((event.type !== 'message.received' && event.type !== 'message.refused') || typeof sender !== 'string' || sender === '') continue;
    found.set(sender, [...(found.get(sender) ?? []), event]);
  }
  return found;
}

function participantSpan(session: OtlpSpan, sessionId: string, sender: string, own: readonly CanonicalEvent[]): OtlpSpan {
  const at = own.map(acceptedAt);
  return {
    traceId: session.traceId,
    spanId: spanIdOf(sessionId, sender),
    parentSpanId: session.spanId,
    name: sender,
    kind: INTERNAL,
    ...times(Math.min(...at), Math.max(...at)),
    attributes: attributes({ 'macp.participant': sender, 'macp.envelopes': own.filter(({ type }) => type === 'message.received').length }),
    events: own.slice(0, MAX_EVENTS).map((event) => ({
      timeUnixNano: nanos(acceptedAt(event)),
      name: event.type === 'message.refused' ? `${String(event.data['messageType'])} refused` : String(event.data['messageType']),
      attributes: attributes({
        'macp.message.id': event.data['messageId'] as string | undefined,
        'macp.message.ordinal': event.data['ordinal'] as number | undefined,
        'error.type': event.type === 'message.refused' ? String(event.data['code']) : undefined,
      }),
    })),
  };
}

function modelCall(session: OtlpSpan, sessionId: string, event: CanonicalEvent): OtlpSpan {
  const { sender } = event.data;
  const usage = (event.data['decodedPayload'] ?? {}) as Record<string, unknown>;
  const number = (name: string): number | undefined => (typeof usage[name] === 'number' ? usage[name] : undefined);
  const word = (name: string): string | undefined => (typeof usage[name] === 'string' ? usage[name] : undefined);
  const endMs = acceptedAt(event);
  return {
    traceId: session.traceId,
    spanId: createHash('sha256').update(event.id).digest('hex').slice(0, 16),
    parentSpanId: typeof sender === 'string' ? spanIdOf(sessionId, sender) : session.spanId,
    name: `chat ${word('model') ?? ''}`.trimEnd(),
    kind: CLIENT,
    ...times(endMs - (number('latencyMs') ?? 0), endMs),
    attributes: attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': word('model'),
      'gen_ai.provider.name': word('provider'),
      'gen_ai.usage.input_tokens': number('promptTokens'),
      'gen_ai.usage.output_tokens': number('completionTokens'),
    }),
  };
}

const times = (startMs: number, endMs: number): Pick<OtlpSpan, 'startTimeUnixNano' | 'endTimeUnixNano'> => ({
  startTimeUnixNano: nanos(startMs),
  endTimeUnixNano: nanos(endMs),
});

const nanos = (unixMs: number): string => `${BigInt(Math.round(unixMs)) * 1_000_000n}`;

function attributes(values: Attributes): object[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: toValue(value) }]));
}

function toValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
