import type { LifecycleChange, ReceivedEnvelope } from '@macp-agent/core';
import { withoutCode, type SessionState, type SessionView } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { AgentReport } from '../launch/agent-report.js';
import { systemReason } from '../system-reason.js';
import { describeMessage } from './describe-message.js';
import { readOutcome, type Refused, type RunOutcome } from './outcome.js';
import type { RunEvent } from './run-event.js';
import type { RunFolder } from './run-folder.js';
import { toJson, transcriptEnvelope, transcriptHeader, TranscriptWriter, type TranscriptEntry } from './transcript.js';

/** More refusals than this tell nothing new. */
const MAX_REFUSED = 1_000;
const CHANGE_KIND = { SUSPENDED: 'suspend', OPEN: 'resume', CANCELLED: 'cancel', EXPIRED: 'expire' } as const;

interface End {
  readonly view: SessionView | undefined;
  readonly state: SessionState | undefined;
  readonly reason: string | undefined;
  readonly lost: string | undefined;
  readonly interrupted: boolean;
  readonly usage: boolean;
}

/** Keeps what happened in a run: transcript file, events for whoever watches, and the facts of its outcome. */
export class RunLog {
  readonly startedAtUnixMs: number;
  readonly transcript: TranscriptEntry[] = [];
  readonly #compiled: CompiledRun;
  readonly #folder: RunFolder;
  readonly #emit: (event: RunEvent) => void;
  readonly #now: () => number;
  readonly #writer: TranscriptWriter;
  readonly #refused: Refused[] = [];
  #zeroUnixMs: number | undefined;
  #suspensions = 0;
  #overSuspended = false;
  #state: SessionState | undefined;
  #endReason = '';

  constructor(compiled: CompiledRun, folder: RunFolder, emit: (event: RunEvent) => void, now: () => number) {
    this.#compiled = compiled;
    this.#folder = folder;
    this.#emit = emit;
    this.#now = now;
    this.startedAtUnixMs = now();
    this.#writer = new TranscriptWriter(folder.transcriptFile, (error) => {
      this.note('runner', `the transcript ${folder.transcriptFile} is incomplete: ${systemReason(error)}`);
    });
  }

  begin(runtimeAddress: string): void {
    const { runId, sessionId, display, initiator, participantBindings } = this.#compiled;
    this.#writer.write(transcriptHeader(this.#compiled, this.startedAtUnixMs));
    this.#emit({
      type: 'run',
      runId,
      sessionId,
      scenarioRef: display.scenarioRef,
      templateId: display.templateId,
      title: display.title,
      policyVersion: initiator.sessionStart.policyVersion,
      initiator: initiator.participantId,
      participants: participantBindings,
      folder: this.#folder.path,
      runtimeAddress,
    });
  }

  event(event: RunEvent): void {
    this.#emit(event);
  }

  envelope(envelope: ReceivedEnvelope): void {
    const atUnixMs = this.#now();
    this.#zeroUnixMs ??= atUnixMs;
    const entry = transcriptEnvelope(envelope, envelope.sequence, atUnixMs);
    this.#keep(entry);
    this.#emit({
      type: 'envelope',
      seq: envelope.sequence,
      atMs: this.#atMs(),
      atUnixMs,
      sender: envelope.sender,
      messageType: envelope.messageType,
      payload: toJson(envelope.decodedPayload),
      text: describeMessage(envelope.messageType, envelope.decodedPayload),
    });
  }

  lifecycle(change: LifecycleChange): void {
    const { state } = change;
    if (state === this.#state) return;
    const first = this.#state === undefined;
    this.#overSuspended = this.#state === 'SUSPENDED' && state === 'EXPIRED';
    this.#state = state;
    // Opening and resolving show as SessionStart and Commitment.
    if (state === 'RESOLVED' || (state === 'OPEN' && first)) return;
    if (state === 'SUSPENDED') this.#suspensions += 1;
    this.#keep({ kind: CHANGE_KIND[state], atUnixMs: change.observedAtUnixMs, by: '', reason: '' });
    this.#emit({ type: 'session', state, atMs: this.#atMs(), reason: '' });
  }

  report(participantId: string, report: AgentReport): void {
    switch (report.type) {
      case 'ready':
        this.#emit({ type: 'agent', participantId, status: 'ready' });
        break;
      case 'refused': {
        const { code, messageType = '' } = report;
        // Ours begin with their code, which stands beside them.
        const message = withoutCode(code, report.message);
        const step = report.step === undefined ? {} : { step: typeof report.step === 'number' ? `step ${report.step}` : report.step };
        if (this.#refused.length < MAX_REFUSED) this.#refused.push({ participantId, code, message, messageType, ...step });
        this.#emit({ type: 'refused', participantId, code, message, messageType, ...step, atMs: this.#atMs() });
        break;
      }
      case 'abstained':
        this.note(participantId, `abstained: ${report.reason}`);
        break;
      case 'model':
        this.note(participantId, `model ${report.model}, ${report.promptTokens ?? 0} + ${report.completionTokens ?? 0} tokens`);
        break;
      case 'ended':
        if (report.reason === undefined || report.reason === '') break;
        if (participantId === this.#compiled.initiator.participantId) this.#endReason = report.reason;
        // A refusal said it already.
        if (
          report.state === 'FAILED' &&
          !this.#refused.some((refused) => refused.participantId === participantId && report.reason?.startsWith(refused.code) === true)
        )
          this.note(participantId, report.reason);
        break;
    }
  }

  note(participantId: string, text: string): void {
    this.#emit({ type: 'note', participantId, text, atMs: this.#atMs() });
  }

  /** What was done to whom on purpose. */
  fault(participantId: string, fault: string): void {
    this.#emit({ type: 'fault', participantId, fault, atMs: this.#atMs() });
  }

  /** Why the runner asked for the end. */
  cancelledFor(reason: string): void {
    this.#endReason ||= reason;
  }

  outcome({ view, state, reason, lost, interrupted, usage }: End): RunOutcome {
    const outcome = readOutcome({
      view,
      participants: this.#compiled.initiator.sessionStart.participants,
      policyVersion: this.#compiled.initiator.sessionStart.policyVersion,
      state: state ?? 'NONE',
      reason: reason ?? ((state === 'CANCELLED' && this.#endReason) || undefined),
      refused: this.#refused,
      suspensions: this.#suspensions,
      lost,
      ttlMs: this.#compiled.initiator.sessionStart.ttlMs,
      overSuspended: this.#overSuspended,
      interrupted,
    });
    return usage && (outcome.exitCode === 1 || outcome.exitCode === 4) ? { ...outcome, exitCode: 2 } : outcome;
  }

  /** Writes the outcome as the last line and the last event; the duration of the run in milliseconds. */
  async end(outcome: RunOutcome): Promise<number> {
    const { runId, sessionId } = this.#compiled;
    const durationMs = this.#now() - this.startedAtUnixMs;
    this.#writer.write({ kind: 'outcome', durationMs, ...outcome });
    const transcriptComplete = await this.#writer.close();
    this.#emit({ type: 'outcome', runId, sessionId, durationMs, transcript: this.#folder.transcriptFile, transcriptComplete, ...outcome });
    return durationMs;
  }

  #keep(entry: TranscriptEntry): void {
    this.transcript.push(entry);
    this.#writer.write(entry);
  }

  #atMs(): number {
    return this.#now() - (this.#zeroUnixMs ?? this.startedAtUnixMs);
  }
}
