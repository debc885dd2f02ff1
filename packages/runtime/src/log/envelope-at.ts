import { controlEnvelope, type Envelope } from '@macp-agent/protocol';
import type { LogRecord } from './session-log.js';

/** A record of a history as readers of its stream get it; its ordinal is `index` + 1. */
export function envelopeAt(records: readonly LogRecord[], index: number): Envelope {
  const record = records[index] as LogRecord;
  if (record.kind === 'start' || record.kind === 'envelope') return record.envelope;
  const { sessionId, mode } = (records[0] as Extract<LogRecord, { kind: 'start' }>).envelope;
  const suspended = record.kind === 'resume' ? records.slice(0, index).findLast(({ kind }) => kind === 'suspend') : undefined;
  return controlEnvelope(record, { sessionId, mode, ordinal: index + 1, suspendedAtUnixMs: suspended?.atUnixMs });
}
