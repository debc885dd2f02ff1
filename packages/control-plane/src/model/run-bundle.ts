import { placeEvent, type CanonicalEvent, type EventDraft } from './canonical-event.js';
import { newRun } from './new-run.js';
import type { Run, RunStatus } from './run.js';

/** A run out of a file: what a page needs to show it. */
export interface RunBundle {
  readonly run: Run;
  readonly events: readonly CanonicalEvent[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an exported run: what `GET /runs/:id/export?format=jsonl` gives, or what `macp runs export` writes. Browser-safe. Throws an
 * Error that names the line.
 */
export function readRunBundle(text: string): RunBundle {
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ number: index + 1, fields: parse(line, index + 1) }]));
  const [header, ...rest] = lines;
  if (header?.fields['type'] === 'header') return readExport(header.fields, rest);
  if (header?.fields['kind'] === 'run') return readTranscript(header.fields, rest);
  throw new Error('line 1 is no header of a run: open a file of Export NDJSON, or of macp runs export');
}

interface Line {
  readonly number: number;
  readonly fields: Fields;
}

function parse(line: string, number: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`line ${number} is not JSON: the file is cut off, or no exported run`);
  }
  return fieldsOf(value) ?? fail(number, 'is not a JSON object');
}

function readExport(header: Fields, rest: readonly Line[]): RunBundle {
  const run = fieldsOf(header['run']);
  const id = run?.['id'];
  if (run === undefined || typeof id !== 'string' || typeof run['status'] !== 'string' || fieldsOf(run['metadata']) === undefined)
    return fail(1, 'has no run with id, status and metadata');
  const events = rest.map(({ number, fields }, index) => {
    const event = fieldsOf(fields['event']);
    if (fields['type'] !== 'canonical_event' || event === undefined) return fail(number, 'is not an event');
    if (event['seq'] !== index + 1) return fail(number, `has the event ${String(event['seq'])}, and ${index + 1} is next`);
    if (typeof event['type'] !== 'string' || typeof event['ts'] !== 'string' || fieldsOf(event['data']) === undefined)
      return fail(number, 'has an event without type, ts and data');
    return event as unknown as CanonicalEvent;
  });
  return { run: { ...newRun(id, ''), ...run, lastEventSeq: events.length } as Run, events };
}

const STATUSES: Readonly<Record<string, RunStatus>> = { RESOLVED: 'completed', CANCELLED: 'cancelled', EXPIRED: 'failed' };
const CONTROLS: Readonly<Record<string, { readonly type: string; readonly state: string }>> = {
  suspend: { type: 'run.suspended', state: 'SUSPENDED' },
  resume: { type: 'run.resumed', state: 'OPEN' },
};

/** A transcript has what was accepted, not what an observer saw: the events are made of it. */
function readTranscript(header: Fields, rest: readonly Line[]): RunBundle {
  const runId = text(header['runId']) || fail(1, 'has no runId');
  const sessionId = text(header['sessionId']) || runId;
  const drafts: { draft: EventDraft; atUnixMs: number }[] = [];
  const startedAtUnixMs = millis(header['startedAtUnixMs']);
  const add = (atUnixMs: number, type: string, kind: EventDraft['subject']['kind'], id: string, data: Fields): void =>
    void drafts.push({ atUnixMs, draft: { type, subject: { kind, id }, source: { kind: 'runtime', name: 'macp-runtime', rawType: '' }, data } as EventDraft });
  const policy = fieldsOf(header['policy']);
  if (policy !== undefined) add(startedAtUnixMs, 'policy.resolved', 'policy', text(policy['policyId']), { decodedPayload: policy });
  let outcome: Fields | undefined;
  let lastMs = startedAtUnixMs;
  let ordinal = 0;
  for (const { number, fields } of rest) {
    const kind = text(fields['kind']);
    if (kind === 'outcome') outcome = fields;
    else if (kind === 'start' || kind === 'envelope') {
      const envelope = fieldsOf(fields['envelope']) ?? fail(number, 'has no envelope');
      const timestampUnixMs = Date.parse(text(envelope['timestamp']));
      ordinal += 1;
      lastMs = millis(fields['atUnixMs']) || timestampUnixMs;
      add(lastMs, 'message.received', 'message', text(envelope['message_id']), {
        modeName: envelope['mode'],
        messageType: envelope['message_type'],
        messageId: envelope['message_id'],
        sessionId,
        sender: envelope['sender'],
        ordinal,
        timestampUnixMs,
        ...(fieldsOf(fields['payload']) === undefined ? { payloadBase64: envelope['payload_b64'] } : { payload: fields['payload'] }),
      });
    } else {
      lastMs = millis(fields['atUnixMs']) || lastMs;
      const control = CONTROLS[kind];
      if (control === undefined) continue;
      add(lastMs, control.type, 'run', runId, { reason: fields['reason'] ?? '', sender: fields['by'] ?? '' });
      add(lastMs, 'session.state.changed', 'session', sessionId, { state: control.state });
    }
  }
  const status = outcome === undefined ? undefined : (STATUSES[text(outcome['state'])] ?? 'failed');
  const expired = outcome?.['state'] === 'EXPIRED';
  const errorCode = status !== 'failed' ? null : expired ? 'SESSION_EXPIRED' : 'INTERNAL_ERROR';
  const errorMessage = errorCode === null ? null : text(outcome?.['reason']) || (expired ? 'the session expired' : 'the run failed');
  if (status !== undefined) {
    const error = errorCode === null ? {} : { error: { code: errorCode, message: errorMessage } };
    add(lastMs, `run.${status}`, 'run', runId, { status, ...(text(outcome?.['reason']) === '' ? {} : { reason: outcome?.['reason'] }), ...error });
  }
  const events = drafts.map(({ draft, atUnixMs }, index) => placeEvent(draft, runId, index + 1, iso(atUnixMs)));
  const commitment = fieldsOf(outcome?.['commitment']);
  const run = newRun(runId, iso(startedAtUnixMs), {
    runtimeSessionId: sessionId,
    // One that was killed has no outcome: it is shown as far as it came.
    status: status ?? 'running',
    startedAt: iso(startedAtUnixMs),
    endedAt: iso(outcome === undefined ? lastMs : startedAtUnixMs + millis(outcome['durationMs'])),
    lastOrdinal: ordinal,
    errorCode,
    errorMessage,
    metadata: {
      scenarioRef: header['scenarioRef'],
      templateId: header['templateId'],
      modeName: header['mode'],
      initiator: header['initiator'],
      policyVersion: text(policy?.['policyId']),
      ...(commitment === undefined ? {} : { finalAction: commitment['action'], outcomePositive: commitment['outcomePositive'] }),
      ...(status === 'cancelled' ? { cancelReason: outcome?.['reason'] } : {}),
    },
  });
  return { run: { ...run, lastEventSeq: events.length, updatedAt: run.createdAt }, events };
}

function fail(number: number, what: string): never {
  throw new Error(`line ${number} ${what}: this is no exported run, or a damaged one`);
}

const fieldsOf = (value: unknown): Fields | undefined => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const millis = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const iso = (unixMs: number): string => new Date(unixMs).toISOString();
