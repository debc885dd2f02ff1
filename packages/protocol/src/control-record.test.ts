import { expect, it } from 'vitest';
import { controlEnvelope, controlMessageId, controlRecordOf, RUNTIME_SENDER, type ControlRecord } from './control-record.js';
import { MODE_DECISION } from './modes/decision/id.js';
import { applyEnvelope, applyRecord, openSession } from './replay.js';
import { SessionResumePayload, SessionStartPayload } from './wire/payloads.js';

const PLACE = { sessionId: 's', mode: MODE_DECISION };
const RECORDS: ControlRecord[] = [
  { kind: 'suspend', by: 'agent://lead', reason: 'wait', atUnixMs: 20_000 },
  { kind: 'resume', by: 'agent://lead', reason: 'go on', atUnixMs: 50_000 },
  { kind: 'cancel', by: 'agent://peer', reason: 'enough', atUnixMs: 60_000 },
  { kind: 'expire', atUnixMs: 70_000 },
];

it.each(RECORDS)('carries $kind to the readers of a stream and back', (record) => {
  const envelope = controlEnvelope(record, { ...PLACE, ordinal: 7 });
  expect(envelope).toMatchObject({ ...PLACE, macpVersion: '1.0', messageId: controlMessageId(7), sender: RUNTIME_SENDER, timestampUnixMs: record.atUnixMs });
  expect(controlRecordOf(envelope)).toEqual(record);
});

it('says how long a suspension was, and never less than nothing', () => {
  const bankedMs = (suspendedAtUnixMs?: number): number =>
    SessionResumePayload.decode(controlEnvelope(RECORDS[1] as ControlRecord, { ...PLACE, ordinal: 3, suspendedAtUnixMs }).payload).bankedMs;
  expect([bankedMs(20_000), bankedMs(90_000), bankedMs()]).toEqual([30_000, 0, 0]);
});

it('folds the streamed form to the same view as the record, and numbers both', () => {
  const payload = SessionStartPayload.encode({ participants: ['a'], modeVersion: '1.0.0', configurationVersion: 'c', ttlMs: 60_000 });
  const start = {
    ...controlEnvelope(RECORDS[3] as ControlRecord, { ...PLACE, ordinal: 1 }),
    messageType: 'SessionStart',
    sender: 'a',
    timestampUnixMs: 1,
    payload,
  };
  let byRecord = openSession(start, 1);
  let byEnvelope = byRecord;
  for (const record of RECORDS.slice(0, 3)) {
    const { suspendedAtUnixMs } = byRecord;
    byRecord = applyRecord(byRecord, record);
    byEnvelope = applyEnvelope(byEnvelope, controlEnvelope(record, { ...PLACE, ordinal: byRecord.ordinal, suspendedAtUnixMs }), record.atUnixMs);
    expect(byEnvelope).toEqual(byRecord);
  }
  expect(byRecord).toMatchObject({ ordinal: 4, state: 'CANCELLED', deadlineUnixMs: 90_001, totalSuspendedMs: 30_000 });
});

it('takes no message of a participant for one of its own', () => {
  for (const messageType of ['Vote', 'Commitment', '__proto__', 'constructor', ''])
    expect(controlRecordOf({ ...controlEnvelope(RECORDS[3] as ControlRecord, { ...PLACE, ordinal: 1 }), messageType })).toBeUndefined();
});
