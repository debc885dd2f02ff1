import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { controlRecordOf, decodePayload, replay, type ControlRecord, type Envelope, type SessionRecord, type SessionView } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import { describeMessage } from '../run/describe-message.js';
import { readOutcome, type RunOutcome } from '../run/outcome.js';
import type { RunEvent } from '../run/run-event.js';
import { toJson, transcriptEnvelope, transcriptHeader } from '../run/transcript.js';
import type { CaseEnd, LiveCase } from './live-case.js';

/** What was found of a session that has ended. */
export interface CaseRecord {
  readonly outcome: RunOutcome;
  readonly history: readonly Envelope[];
  readonly startedAtUnixMs: number;
}

/** The outcome of a case from the accepted envelopes of its session. Pure. */
export function recordCase(
  compiled: CompiledRun,
  live: Pick<LiveCase, 'refused' | 'suspensions'>,
  end: Extract<CaseEnd, { by: 'session' }>,
  history: readonly Envelope[],
): CaseRecord {
  const { participants, policyVersion, ttlMs } = compiled.initiator.sessionStart;
  const outcome = readOutcome({
    view: fold(history, end),
    participants,
    policyVersion,
    ttlMs,
    state: end.state,
    reason: end.reason,
    refused: live.refused,
    suspensions: live.suspensions,
    lost: undefined,
    interrupted: false,
  });
  return { outcome, history, startedAtUnixMs: history[0]?.timestampUnixMs ?? Date.now() };
}

function fold(history: readonly Envelope[], { state, reason = '' }: { readonly state: string; readonly reason: string | undefined }): SessionView | undefined {
  const records = history.map(
    (envelope, index): SessionRecord => controlRecordOf(envelope) ?? { kind: index === 0 ? 'start' : 'envelope', envelope, atUnixMs: envelope.timestampUnixMs },
  );
  const end = endRecord(state, reason, history);
  return history[0]?.messageType === 'SessionStart' ? replay(end === undefined ? records : [...records, end]) : undefined;
}

/** The end that no envelope tells, where the runtime has not written it into the history itself. */
function endRecord(state: string, reason: string, history: readonly Envelope[]): ControlRecord | undefined {
  const last = history.at(-1);
  const kind = state === 'CANCELLED' ? 'cancel' : state === 'EXPIRED' ? 'expire' : undefined;
  if (kind === undefined || (last !== undefined && controlRecordOf(last)?.kind === kind)) return undefined;
  const atUnixMs = last?.timestampUnixMs ?? Date.now();
  return kind === 'cancel' ? { kind, by: '', reason, atUnixMs } : { kind, atUnixMs };
}

/** Writes the transcript of a case as that of any other run, `<runs>/<runId>/transcript.ndjson`; its path. Throws what the system says. */
export async function writeTranscript(
  runsDir: string,
  compiled: CompiledRun,
  { outcome, history, startedAtUnixMs }: CaseRecord,
  durationMs: number,
): Promise<string> {
  const file = resolve(join(runsDir, compiled.runId, 'transcript.ndjson'));
  const header = transcriptHeader(compiled, startedAtUnixMs);
  const entries = history.map((envelope, index) => {
    const control = controlRecordOf(envelope);
    return control === undefined ? transcriptEnvelope(envelope, index + 1, envelope.timestampUnixMs) : { by: '', reason: '', ...control };
  });
  const end = endRecord(outcome.state, outcome.reason, history);
  const lines = [header, ...entries, ...(end === undefined ? [] : [{ by: '', reason: '', ...end }]), { kind: 'outcome', durationMs, ...outcome }];
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  return file;
}

/** What was said, as a run of its own tells it while it lasts. */
export function historyEvents(history: readonly Envelope[]): RunEvent[] {
  const zero = history[0]?.timestampUnixMs ?? 0;
  return history.map((envelope, index): RunEvent => {
    const { sender, messageType, timestampUnixMs: atUnixMs } = envelope;
    const control = controlRecordOf(envelope);
    if (control !== undefined)
      return { type: 'session', state: STATE_AFTER[control.kind], atMs: atUnixMs - zero, reason: control.kind === 'expire' ? '' : control.reason };
    const decoded = decodePayload(envelope.mode, messageType, envelope.payload);
    const payload: unknown = decoded.ok ? decoded.payload : undefined;
    return {
      type: 'envelope',
      seq: index + 1,
      atMs: atUnixMs - zero,
      atUnixMs,
      sender,
      messageType,
      payload: toJson(payload),
      text: describeMessage(messageType, payload),
    };
  });
}

const STATE_AFTER = { suspend: 'SUSPENDED', resume: 'OPEN', cancel: 'CANCELLED', expire: 'EXPIRED' } as const;
