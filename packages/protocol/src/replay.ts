import { controlRecordOf, type ControlRecord } from './control-record.js';
import { findMode } from './modes/registry.js';
import type { Mode, SessionBinding } from './modes/mode.js';
import { decodePayload } from './payload-codec.js';
import type { PolicyDefinition } from './policy/definition.js';
import { DEFAULT_POLICY_ID } from './policy/definition.js';
import { DEFAULT_MAX_SUSPEND_MS, resumeClock, type SessionState } from './session-lifecycle.js';
import type { SessionRecord } from './session-record.js';
import type { Envelope } from './wire/envelope.js';
import { SessionStartPayload, type CommitmentPayload } from './wire/payloads.js';

/** A session as its history makes it. Never changed in place. */
export interface SessionView {
  readonly binding: SessionBinding;
  /** Undefined for a mode or version that this package does not know: the view is then opaque. */
  readonly mode: Mode | undefined;
  readonly modeState: unknown;
  readonly state: SessionState;
  readonly deadlineUnixMs: number;
  readonly totalSuspendedMs: number;
  readonly suspendedAtUnixMs?: number | undefined;
  /** Records so far. */
  readonly ordinal: number;
  /** The accepted Commitment and who sent it. */
  readonly commitment?: (CommitmentPayload & { readonly sender: string }) | undefined;
  /** Who cancelled, and why. */
  readonly cancelled?: { readonly by: string; readonly reason: string } | undefined;
}

/**
 * The view right after SessionStart. `mode` wins over the shipped modes (extension modes of a runtime);
 * `policy` is the resolved definition, which only a runtime and its recordings have.
 * Throws an Error when the payload is not a SessionStart.
 */
export function openSession(envelope: Envelope, atUnixMs: number, policy?: PolicyDefinition, mode?: Mode): SessionView {
  const start = SessionStartPayload.decode(envelope.payload);
  const used = mode ?? findMode(envelope.mode, start.modeVersion);
  const binding: SessionBinding = {
    sessionId: envelope.sessionId,
    mode: envelope.mode,
    initiator: envelope.sender,
    participants: start.participants,
    intent: start.intent,
    modeVersion: start.modeVersion === '' ? (used?.descriptor.modeVersion ?? '') : start.modeVersion,
    configurationVersion: start.configurationVersion,
    policyVersion: policy?.policyId ?? (start.policyVersion === '' ? DEFAULT_POLICY_ID : start.policyVersion),
    policy,
    startedAtUnixMs: atUnixMs,
    deadlineUnixMs: (envelope.timestampUnixMs > 0 ? envelope.timestampUnixMs : atUnixMs) + start.ttlMs,
    maxSuspendMs: start.maxSuspendMs > 0 ? start.maxSuspendMs : DEFAULT_MAX_SUSPEND_MS,
    contextId: start.contextId,
    extensions: start.extensions,
    roots: start.roots,
  };
  return {
    binding,
    mode: used,
    modeState: used?.initial(binding),
    state: 'OPEN',
    deadlineUnixMs: binding.deadlineUnixMs,
    totalSuspendedMs: 0,
    ordinal: 1,
  };
}

/** The view after one more record. Total: accepted history is never judged again. */
export function applyRecord(view: SessionView, record: Exclude<SessionRecord, { kind: 'start' }>): SessionView {
  return record.kind === 'envelope' ? applyEnvelope(view, record.envelope, record.atUnixMs) : applyControl(view, record);
}

function applyControl(view: SessionView, record: ControlRecord): SessionView {
  const ordinal = view.ordinal + 1;
  switch (record.kind) {
    case 'suspend':
      return { ...view, ordinal, state: 'SUSPENDED', suspendedAtUnixMs: record.atUnixMs };
    case 'resume': {
      const clock = resumeClock(view, view.suspendedAtUnixMs ?? record.atUnixMs, record.atUnixMs, view.binding.maxSuspendMs);
      if (clock === 'over-cap') return { ...view, ordinal, state: 'EXPIRED', suspendedAtUnixMs: undefined };
      return { ...view, ...clock, ordinal, state: 'OPEN', suspendedAtUnixMs: undefined };
    }
    case 'cancel':
      return { ...view, ordinal, state: 'CANCELLED', cancelled: { by: record.by, reason: record.reason } };
    case 'expire':
      return { ...view, ordinal, state: 'EXPIRED' };
  }
}

/** The view after an envelope of the history. A payload that does not decode counts, but changes nothing else. */
export function applyEnvelope(view: SessionView, envelope: Envelope, atUnixMs: number): SessionView {
  const control = controlRecordOf(envelope);
  if (control !== undefined) return applyControl(view, control);
  const ordinal = view.ordinal + 1;
  const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
  if (!decoded.ok) return { ...view, ordinal };
  const message = { messageType: envelope.messageType, sender: envelope.sender, payload: decoded.payload, atUnixMs };
  const modeState = view.mode === undefined ? view.modeState : view.mode.apply(view.modeState, view.binding, message);
  if (envelope.messageType !== 'Commitment') return { ...view, modeState, ordinal };
  return { ...view, modeState, ordinal, state: 'RESOLVED', commitment: { ...(decoded.payload as CommitmentPayload), sender: envelope.sender } };
}

/** Folds a whole history, which begins with its start record; undefined for an empty one. */
export function replay(records: Iterable<SessionRecord>, mode?: Mode): SessionView | undefined {
  let view: SessionView | undefined;
  for (const record of records) {
    if (record.kind === 'start') view = openSession(record.envelope, record.atUnixMs, record.policy, mode);
    else if (view !== undefined) view = applyRecord(view, record);
  }
  return view;
}
