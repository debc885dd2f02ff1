import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { decodePayload, replay, type Envelope, type SessionRecord, type SessionView } from '@macp-agent/protocol';
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
  const records = history.map((envelope, index): SessionRecord => ({
    kind: index === 0 ? 'start' : 'envelope',
    envelope,
    atUnixMs: envelope.timestampUnixMs,
  }));
  const atUnixMs = history.at(-1)?.timestampUnixMs ?? 0;
  if (state === 'CANCELLED') records.push({ kind: 'cancel', by: '', reason, atUnixMs });
  if (state === 'EXPIRED') records.push({ kind: 'expire', atUnixMs });
  return history[0]?.messageType === 'SessionStart' ? replay(records) : undefined;
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
  const entries = history.map((envelope, index) => transcriptEnvelope(envelope, index + 1, envelope.timestampUnixMs));
  const ended = outcome.state === 'CANCELLED' || outcome.state === 'EXPIRED' ? [endOf(outcome, history)] : [];
  const lines = [header, ...entries, ...ended, { kind: 'outcome', durationMs, ...outcome }];
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  return file;
}

/** What was said, as a run of its own tells it while it lasts. */
export function historyEvents(history: readonly Envelope[]): RunEvent[] {
  const zero = history[0]?.timestampUnixMs ?? 0;
  return history.map((envelope, index) => {
    const { sender, messageType, timestampUnixMs: atUnixMs } = envelope;
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

const endOf = ({ state, reason }: RunOutcome, history: readonly Envelope[]): object => ({
  kind: state === 'CANCELLED' ? 'cancel' : 'expire',
  atUnixMs: history.at(-1)?.timestampUnixMs ?? Date.now(),
  by: '',
  reason,
});
