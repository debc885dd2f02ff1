import * as decision from './modes/decision/messages.js';
import * as handoff from './modes/handoff/messages.js';
import { MODE_DECISION, MODE_HANDOFF, MODE_MULTI_ROUND, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from './modes/mode-ids.js';
import { ContributePayload } from './modes/multi-round/messages.js';
import * as proposal from './modes/proposal/messages.js';
import * as quorum from './modes/quorum/messages.js';
import * as task from './modes/task/messages.js';
import type { WireMessage } from './wire/message.js';
import * as core from './wire/payloads.js';

type Types = ReadonlyMap<string, WireMessage<never>>;
const types = (table: Record<string, WireMessage<never> | WireMessage<object>>): Types => new Map(Object.entries(table)) as Types;

const CORE = types({
  SessionStart: core.SessionStartPayload,
  Commitment: core.CommitmentPayload,
  SessionCancel: core.SessionCancelPayload,
  SessionSuspend: core.SessionSuspendPayload,
  SessionResume: core.SessionResumePayload,
  Signal: core.SignalPayload,
  Progress: core.ProgressPayload,
});

/** Which payload goes with which message (wire.md §9). Short names repeat across packages, so the mode selects. */
const BY_MODE: ReadonlyMap<string, Types> = new Map(
  Object.entries({
    [MODE_DECISION]: types({
      Proposal: decision.ProposalPayload,
      Evaluation: decision.EvaluationPayload,
      Objection: decision.ObjectionPayload,
      Vote: decision.VotePayload,
    }),
    [MODE_PROPOSAL]: types({
      Proposal: proposal.ProposalPayload,
      CounterProposal: proposal.CounterProposalPayload,
      Accept: proposal.AcceptPayload,
      Reject: proposal.RejectPayload,
      Withdraw: proposal.WithdrawPayload,
    }),
    [MODE_TASK]: types({
      TaskRequest: task.TaskRequestPayload,
      TaskAccept: task.TaskAcceptPayload,
      TaskReject: task.TaskRejectPayload,
      TaskUpdate: task.TaskUpdatePayload,
      TaskComplete: task.TaskCompletePayload,
      TaskFail: task.TaskFailPayload,
    }),
    [MODE_HANDOFF]: types({
      HandoffOffer: handoff.HandoffOfferPayload,
      HandoffContext: handoff.HandoffContextPayload,
      HandoffAccept: handoff.HandoffAcceptPayload,
      HandoffDecline: handoff.HandoffDeclinePayload,
    }),
    [MODE_QUORUM]: types({
      ApprovalRequest: quorum.ApprovalRequestPayload,
      Approve: quorum.ApprovePayload,
      Reject: quorum.RejectPayload,
      Abstain: quorum.AbstainPayload,
    }),
    [MODE_MULTI_ROUND]: types({ Contribute: ContributePayload }),
  }),
);

/** The payload message of (mode, message type); undefined for a type whose bytes are opaque. */
export function payloadMessage(mode: string, messageType: string): WireMessage<never> | undefined {
  return CORE.get(messageType) ?? BY_MODE.get(mode)?.get(messageType);
}

/** Bytes of a payload object; undefined when (mode, message type) is not known. */
export function encodePayload(mode: string, messageType: string, payload: object): Buffer | undefined {
  return payloadMessage(mode, messageType)?.encode(payload as never);
}

/** The decoded payload, or why the bytes are not one. Opaque types decode to their own bytes. */
export function decodePayload(mode: string, messageType: string, bytes: Uint8Array): { ok: true; payload: unknown } | { ok: false; message: string } {
  if (mode === MODE_MULTI_ROUND && messageType === 'Contribute') return decodeContribute(bytes);
  const type = payloadMessage(mode, messageType);
  if (type === undefined) return { ok: true, payload: bytes };
  try {
    return { ok: true, payload: type.decode(bytes) };
  } catch {
    return { ok: false, message: `the payload is not a ${type.typeName}` };
  }
}

/** Old histories hold JSON, new clients send protobuf; the first byte tells them apart (wire.md §10.6). */
function decodeContribute(bytes: Uint8Array): { ok: true; payload: ContributePayload } | { ok: false; message: string } {
  const bad = { ok: false, message: 'the payload is not a macp.modes.multi_round.v1.ContributePayload' } as const;
  if (bytes.length === 0) return bad;
  if (bytes[0] === 0x7b) {
    try {
      const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      if (typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'string')
        return { ok: true, payload: { value: value.value } };
    } catch {
      // Not JSON after all: the protobuf reading below decides.
    }
  }
  try {
    return { ok: true, payload: ContributePayload.decode(bytes) };
  } catch {
    return bad;
  }
}
