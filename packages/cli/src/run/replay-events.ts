import { dirname } from 'node:path';
import { describeMessage, toJson, type RecordedRun, type Replay, type RunEvent } from '@macp-agent/scenarios';

const STATE = { suspend: 'SUSPENDED', resume: 'OPEN', cancel: 'CANCELLED', expire: 'EXPIRED' } as const;

/** A replay as the events that `macp run` showed: without its agents, which a transcript does not keep. */
export function replayEvents({ file, header, entries, outcome }: RecordedRun, replay: Replay): RunEvent[] {
  const { runId, sessionId, scenarioRef, templateId, initiator, participants } = header;
  const zeroUnixMs = replay.steps[0]?.entry.atUnixMs ?? header.startedAtUnixMs;
  const lastUnixMs = replay.steps.at(-1)?.entry.atUnixMs ?? zeroUnixMs;
  const run: RunEvent = {
    type: 'run',
    runId,
    sessionId,
    scenarioRef,
    templateId,
    title: 'Replay',
    policyVersion: replay.outcome.policyVersion,
    initiator,
    participants: participants.map((participantId) => ({ participantId, role: '', agentRef: '' })),
    folder: dirname(file),
    runtimeAddress: '',
  };
  const steps = replay.steps.map(({ entry }): RunEvent => {
    const atMs = entry.atUnixMs - zeroUnixMs;
    if (!('envelope' in entry)) return { type: 'session', state: STATE[entry.kind], atMs, reason: entry.reason };
    const messageType = String(entry.envelope['message_type']);
    return {
      type: 'envelope',
      seq: entry.seq,
      atMs,
      atUnixMs: entry.atUnixMs,
      sender: String(entry.envelope['sender']),
      messageType,
      payload: toJson(entry.payload),
      text: describeMessage(messageType, entry.payload),
    };
  });
  const whole = replay.steps.length === entries.length;
  const durationMs = whole && outcome !== undefined ? outcome.durationMs : lastUnixMs - zeroUnixMs;
  return [run, ...steps, { type: 'outcome', runId, sessionId, durationMs, transcript: file, transcriptComplete: outcome !== undefined, ...replay.outcome }];
}
