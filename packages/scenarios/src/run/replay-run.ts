import { isDeepStrictEqual } from 'node:util';
import {
  applyRecord,
  decodePayload,
  explainCommitment,
  mayCommit,
  openSession,
  refuse,
  type Envelope,
  type PolicyDefinition,
  type RuleResult,
  type SessionRecord,
  type SessionView,
  type Verdict,
} from '@macp-agent/protocol';
import type { Difference } from './expect-outcome.js';
import { envelopeFromJson, recordedPolicy, type RecordedRun } from './load-recorded-run.js';
import { readOutcome, type RunOutcome } from './outcome.js';
import type { TranscriptEntry } from './transcript.js';

/** One line of a transcript and the session after it. */
export interface ReplayStep {
  readonly entry: TranscriptEntry;
  /** Undefined before SessionStart. */
  readonly before: SessionView | undefined;
  readonly view: SessionView | undefined;
  /** The rules as they are now would not accept this envelope, which was accepted then. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

/** A run folded again from its transcript. */
export interface Replay {
  readonly steps: readonly ReplayStep[];
  readonly outcome: RunOutcome;
  /** Where the outcome differs from the recorded one, and envelopes that would be refused now; empty for a run cut short by `until`. */
  readonly differences: readonly Difference[];
}

/**
 * Folds a recorded run with the reducers and rules of this version, and judges every envelope again. `until` stops after the
 * envelope with this ordinal. Pure. Deadlines are not judged: a transcript has the times of its reader.
 */
export function replayRun(run: RecordedRun, options: { readonly until?: number | undefined } = {}): Replay {
  const policy = recordedPolicy(run);
  const steps: ReplayStep[] = [];
  let view: SessionView | undefined;
  for (const entry of run.entries) {
    if (options.until !== undefined && 'seq' in entry && entry.seq > options.until) break;
    const before = view;
    const envelope = 'envelope' in entry ? envelopeFromJson(entry.envelope) : undefined;
    const verdict = before === undefined || envelope === undefined ? undefined : judge(before, envelope, entry.atUnixMs);
    view = step(before, entry, envelope, policy);
    steps.push({ entry, before, view, refusal: verdict === undefined || verdict.accepted ? undefined : { code: verdict.code, message: verdict.message } });
  }
  const outcome = outcomeOf(run, view);
  return { steps, outcome, differences: options.until === undefined ? [...refusedNow(steps), ...compare(run.outcome, outcome)] : [] };
}

function step(
  before: SessionView | undefined,
  entry: TranscriptEntry,
  envelope: Envelope | undefined,
  policy: PolicyDefinition | undefined,
): SessionView | undefined {
  if (envelope !== undefined && entry.kind === 'start') return openSession(envelope, entry.atUnixMs, policy);
  return before === undefined ? undefined : applyRecord(before, toRecord(entry, envelope));
}

function toRecord(entry: TranscriptEntry, envelope: Envelope | undefined): Exclude<SessionRecord, { kind: 'start' }> {
  if (envelope !== undefined) return { kind: 'envelope', envelope, atUnixMs: entry.atUnixMs };
  if (entry.kind === 'suspend' || entry.kind === 'resume' || entry.kind === 'cancel') return entry;
  return { kind: 'expire', atUnixMs: entry.atUnixMs };
}

/** The checks of a runtime that need nothing but the session. */
function judge(view: SessionView, envelope: Envelope, atUnixMs: number): Verdict | undefined {
  const { mode, modeState, binding } = view;
  const { messageType, sender } = envelope;
  if (mode === undefined) return undefined;
  if (view.state !== 'OPEN') return refuse('SESSION_NOT_OPEN', `the session is ${view.state}`);
  const authority = mode.authorize(modeState, binding, sender, messageType);
  if (!authority.accepted) return authority;
  const decoded = decodePayload(envelope.mode, messageType, envelope.payload);
  if (!decoded.ok) return refuse('INVALID_ENVELOPE', decoded.message);
  return mode.check(modeState, binding, { messageType, sender, payload: decoded.payload, atUnixMs });
}

function outcomeOf({ header, entries, outcome }: RecordedRun, view: SessionView | undefined): RunOutcome {
  return readOutcome({
    view,
    participants: header.participants,
    policyVersion: view?.binding.policyVersion ?? outcome?.policyVersion ?? '',
    state: view?.state ?? 'NONE',
    reason: view?.state === outcome?.state ? outcome?.reason : undefined,
    lost: outcome?.lost,
    refused: outcome?.refused ?? [],
    suspensions: view === undefined ? 0 : entries.filter(({ kind }) => kind === 'suspend').length,
    interrupted: outcome?.exitCode === 130,
  });
}

const COMPARED = ['state', 'commitment', 'proposals', 'evaluations', 'objections', 'votes', 'missing', 'suspensions'] as const;

function compare(recorded: RunOutcome | undefined, replayed: RunOutcome): Difference[] {
  if (recorded === undefined) return [];
  return COMPARED.filter((path) => !isDeepStrictEqual(plain(recorded[path]), plain(replayed[path]))).map((path) => ({
    path,
    expected: recorded[path],
    actual: replayed[path],
  }));
}

/** As a transcript keeps it: without members that are undefined. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

const refusedNow = (steps: readonly ReplayStep[]): Difference[] =>
  steps.flatMap(({ entry, refusal }) =>
    refusal === undefined || !('seq' in entry) ? [] : [{ path: `envelope ${entry.seq}`, expected: 'accepted', actual: `${refusal.code}: ${refusal.message}` }],
  );

/** What a policy says to a commitment. */
export interface PolicyVerdict {
  readonly policyId: string;
  readonly allowed: boolean;
  readonly rules: readonly RuleResult[];
}

/** One commitment of a recorded run under two policies. */
export interface SimulatedCommitment {
  /**
   * `recorded`: it was accepted. `refused`: none was, and the policy denied one; a transcript has no messages that were refused, so it is judged as a
   * positive one at the end. `hypothetical`: nobody tried, and this is what a positive one of the initiator would meet at the end.
   */
  readonly kind: 'recorded' | 'refused' | 'hypothetical';
  readonly sender: string;
  readonly action: string;
  readonly outcomePositive: boolean;
  /** Undefined when the rules of the policy of the run were not recorded. */
  readonly before: PolicyVerdict | undefined;
  readonly after: PolicyVerdict;
  /** The other policy decides otherwise. */
  readonly flips: boolean;
}

/**
 * Judges the commitments of a recorded run by another policy, on the session as it stood; undefined for a run without session. The
 * messages stay what they were: what agents would have said under that policy nobody knows. Pure.
 */
export function simulatePolicy(run: RecordedRun, policy: PolicyDefinition): SimulatedCommitment | undefined {
  const { steps } = replayRun(run);
  const last = steps.at(-1)?.view;
  if (last === undefined) return undefined;
  const committed = steps.find(({ before, view }) => before?.commitment === undefined && view?.commitment !== undefined);
  const view = committed?.before ?? last;
  const commitment = committed?.view?.commitment;
  const denied =
    commitment === undefined ? run.outcome?.refused.findLast(({ messageType, code }) => messageType === 'Commitment' && code === 'POLICY_DENIED') : undefined;
  const sender = commitment?.sender ?? denied?.participantId ?? view.binding.initiator;
  const outcomePositive = commitment?.outcomePositive ?? true;
  const recorded = recordedPolicy(run);
  const before = recorded === undefined ? undefined : verdictOf(view, recorded, sender, outcomePositive);
  const after = verdictOf(view, policy, sender, outcomePositive);
  // What was accepted was allowed, and what was denied was not, whether or not its rules are known.
  const was = commitment !== undefined ? true : denied !== undefined ? false : before?.allowed;
  return {
    kind: commitment !== undefined ? 'recorded' : denied !== undefined ? 'refused' : 'hypothetical',
    sender,
    action: commitment?.action ?? '',
    outcomePositive,
    before,
    after,
    flips: was !== undefined && was !== after.allowed,
  };
}

function verdictOf(view: SessionView, policy: PolicyDefinition, sender: string, positive: boolean): PolicyVerdict {
  const { binding, modeState } = view;
  const { allowed, rules } = explainCommitment(policy, binding.mode, modeState, binding.participants, positive);
  const may = mayCommit({ ...binding, policy }, sender);
  const authority: RuleResult = { rule: 'commitment.authority', passed: may, detail: `${sender} ${may ? 'may' : 'may not'} commit` };
  return { policyId: policy.policyId, allowed: allowed && may, rules: [...rules, authority] };
}
