import { randomUUID } from 'node:crypto';
import type { MacpClient } from '@macp-agent/core';
import {
  encodePayload,
  isMacpError,
  MODE_DECISION,
  MODE_HANDOFF,
  MODE_MULTI_ROUND,
  MODE_PROPOSAL,
  MODE_QUORUM,
  MODE_TASK,
  type Ack,
} from '@macp-agent/protocol';
import * as fc from 'fast-check';

/** Who takes part in a random session; `lead` starts it, `out` is nobody's participant. */
export const SENDERS = ['lead', 'ann', 'bob', 'out'] as const;
export type Sender = (typeof SENDERS)[number];

export type Step =
  | { readonly kind: 'message'; readonly sender: Sender; readonly messageType: string; readonly payload: object; readonly mode?: string }
  /** The message of an earlier step once more, by the same sender. */
  | { readonly kind: 'repeat'; readonly step: number }
  | { readonly kind: 'control'; readonly sender: Sender; readonly call: 'cancelSession' | 'suspendSession' | 'resumeSession' };

/** A session and what is tried in it, right or wrong. */
export interface Script {
  readonly mode: string;
  readonly participants: readonly string[];
  readonly policyVersion: string;
  readonly steps: readonly Step[];
}

/** The first value mostly, and now and then one of the others. */
const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const text = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const id = fc.oneof({ weight: 10, arbitrary: fc.constant('x1') }, { weight: 2, arbitrary: fc.constant('x2') }, { weight: 1, arbitrary: text('x9', '') });
const bytes = text('', 'data').map((value) => Buffer.from(value));
const who = fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 4, arbitrary: text('ann', 'bob') }, { weight: 1, arbitrary: text('lead', 'out') });

const commitment = fc.record({
  commitmentId: mostly('c1', ' '),
  action: fc.oneof(
    { weight: 10, arbitrary: fc.constant('done') },
    { weight: 2, arbitrary: text('x.selected', 'x.accepted', 'x.rejected', 'x.declined', 'x.approved', '') },
  ),
  authorityScope: mostly('team', ''),
  reason: mostly('agreed', '  '),
  modeVersion: mostly('1.0.0', '2.0.0', ''),
  configurationVersion: mostly('config.default', 'other'),
  policyVersion: mostly('', 'policy.default', 'policy.other'),
  outcomePositive: fc.boolean(),
});

const PAYLOADS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<object>>>>> = {
  [MODE_DECISION]: {
    Proposal: fc.record({ proposalId: id, option: mostly('a', '') }),
    Evaluation: fc.record({
      proposalId: id,
      recommendation: text('APPROVE', 'REVIEW', 'BLOCK', 'REJECT', 'MAYBE'),
      confidence: mostly(0.7, 0, 0.5, 1, 1.1, -0.1),
    }),
    Objection: fc.record({ proposalId: id, severity: text('low', 'critical', 'critical', 'awful') }),
    Vote: fc.record({ proposalId: id, vote: mostly('APPROVE', 'REJECT', 'REJECT', 'REJECT', 'ABSTAIN', 'NO') }),
    Commitment: commitment,
  },
  [MODE_PROPOSAL]: {
    Proposal: fc.record({ proposalId: id, title: text('t', '') }),
    CounterProposal: fc.record({ proposalId: id, supersedesProposalId: id, title: text('t', '') }),
    Accept: fc.record({ proposalId: id }),
    Reject: fc.record({ proposalId: id, terminal: fc.boolean() }),
    Withdraw: fc.record({ proposalId: id }),
    Commitment: commitment,
  },
  [MODE_TASK]: {
    TaskRequest: fc.record({ taskId: id, title: text('t', ''), requestedAssignee: who }),
    TaskAccept: fc.record({ taskId: id, assignee: who }),
    TaskReject: fc.record({ taskId: id, assignee: who }),
    TaskUpdate: fc.record({ taskId: id, status: text('busy', ''), progress: fc.constantFrom(0, 0.5, 2) }),
    TaskComplete: fc.record({ taskId: id, assignee: who, output: bytes }),
    TaskFail: fc.record({ taskId: id, assignee: who, reason: text('no', '') }),
    Commitment: commitment,
  },
  [MODE_HANDOFF]: {
    HandoffOffer: fc.record({ handoffId: id, targetParticipant: who, scope: text('s', '') }),
    HandoffContext: fc.record({ handoffId: id, contentType: text('text/plain', ''), context: bytes }),
    HandoffAccept: fc.record({ handoffId: id, acceptedBy: who }),
    HandoffDecline: fc.record({ handoffId: id, declinedBy: who }),
    Commitment: commitment,
  },
  [MODE_QUORUM]: {
    ApprovalRequest: fc.record({ requestId: id, action: text('a', ''), requiredApprovals: fc.constantFrom(1, 2, 2, 3, 0, 4) }),
    Approve: fc.record({ requestId: id }),
    Reject: fc.record({ requestId: id }),
    Abstain: fc.record({ requestId: id }),
    Commitment: commitment,
  },
  [MODE_MULTI_ROUND]: { Contribute: fc.record({ value: mostly('a', 'b', '') }), Commitment: commitment },
};
export const MODES = Object.keys(PAYLOADS);

/** What gets a session of the mode going: mostly sent first, by the lead or by ann. */
const OPENERS: Readonly<Record<string, readonly [string, object]>> = {
  [MODE_DECISION]: ['Proposal', { proposalId: 'x1', option: 'a' }],
  [MODE_PROPOSAL]: ['Proposal', { proposalId: 'x1', title: 't' }],
  [MODE_TASK]: ['TaskRequest', { taskId: 'x1', title: 't' }],
  [MODE_HANDOFF]: ['HandoffOffer', { handoffId: 'x1', targetParticipant: 'ann' }],
  [MODE_QUORUM]: ['ApprovalRequest', { requestId: 'x1', requiredApprovals: 2 }],
  [MODE_MULTI_ROUND]: ['Contribute', { value: 'a' }],
};

const sender: fc.Arbitrary<Sender> = fc.constantFrom('lead', 'lead', 'ann', 'ann', 'bob', 'bob', 'out');

/** Random sessions under one of these policies, which the caller registers. */
export function scripts(mode: string, policies: readonly string[]): fc.Arbitrary<Script> {
  // A commitment mostly ends the session, so it is tried less often.
  const messages = Object.entries(PAYLOADS[mode] ?? {}).map(([messageType, payload]) => ({
    weight: messageType === 'Commitment' ? 1 : 3,
    arbitrary: fc.record({ kind: fc.constant('message' as const), sender, messageType: fc.constant(messageType), payload }),
  }));
  const stranger = fc.record({ kind: fc.constant('message' as const), sender, messageType: fc.constant('Unknown'), payload: fc.constant(Buffer.alloc(0)) });
  const otherMode = fc.record({
    kind: fc.constant('message' as const),
    sender,
    messageType: fc.constant('Commitment'),
    payload: commitment,
    mode: fc.constantFrom(...MODES.filter((other) => other !== mode)),
  });
  const repeat = fc.record({ kind: fc.constant('repeat' as const), step: fc.nat(20) });
  const control = fc.record({
    kind: fc.constant('control' as const),
    sender,
    call: fc.constantFrom('cancelSession' as const, 'suspendSession' as const, 'resumeSession' as const, 'resumeSession' as const),
  });
  const step = fc.oneof(
    { weight: 30, arbitrary: fc.oneof(...messages) },
    { weight: 1, arbitrary: fc.oneof(stranger, otherMode) },
    { weight: 2, arbitrary: repeat },
    { weight: 1, arbitrary: control },
  );
  const [messageType = '', payload = {}] = OPENERS[mode] ?? [];
  const opening = fc.constantFrom<Step[]>(
    [{ kind: 'message', sender: 'lead', messageType, payload }],
    [{ kind: 'message', sender: 'ann', messageType, payload }],
    [],
  );
  return fc.record({
    mode: fc.constant(mode),
    participants: fc.constantFrom(['lead', 'ann', 'bob'], ['lead', 'ann', 'bob'], ['ann', 'bob'], ['lead', 'ann']),
    policyVersion: fc.constantFrom(...policies),
    steps: fc.tuple(opening, fc.array(step, { minLength: 3, maxLength: 30, size: 'max' })).map(([first, rest]) => [...first, ...rest]),
  });
}

/** Plays a script; one line for each step: how it was answered and the state after it. */
export async function play(script: Script, clients: Readonly<Record<Sender, MacpClient>>): Promise<string[]> {
  const sessionId = randomUUID();
  const { mode, participants, policyVersion } = script;
  const base = { macpVersion: '1.0', sessionId, timestampUnixMs: Date.now() };
  const start = { intent: 'compare', participants, ttlMs: 60_000, modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion };
  const send = (from: Sender, messageId: string, messageType: string, payload: object, ofMode = mode): Promise<string> =>
    answer(() => {
      const encoded = payload instanceof Uint8Array ? payload : (encodePayload(ofMode, messageType, payload) ?? Buffer.alloc(0));
      return clients[from].send({ ...base, mode: ofMode, messageId, messageType, sender: from, payload: Buffer.from(encoded) }, { raiseOnNack: false });
    });
  const lines = [`lead SessionStart: ${await send('lead', 'start', 'SessionStart', start)}`];
  for (const [index, given] of script.steps.entries()) {
    const step = given.kind === 'repeat' ? (script.steps[given.step] ?? given) : given;
    if (step.kind === 'control') {
      lines.push(`${step.sender} ${step.call}: ${await answer(() => clients[step.sender][step.call](sessionId, 'why not', { raiseOnNack: false }))}`);
    } else if (step.kind === 'message') {
      const number = given.kind === 'repeat' ? given.step : index;
      lines.push(`${step.sender} ${step.messageType}: ${await send(step.sender, `m${number}`, step.messageType, step.payload, step.mode)}`);
    }
  }
  const { metadata } = await clients.lead.getSession(sessionId).catch(() => ({ metadata: undefined }));
  lines.push(
    `in the end: ${metadata?.state} by ${metadata?.initiator} with ${metadata?.participants.join(', ')} under ${metadata?.policyVersion} ${metadata?.modeVersion} ${metadata?.configurationVersion}`,
  );
  return lines;
}

async function answer(call: () => Promise<Ack>): Promise<string> {
  try {
    const { ok, duplicate, sessionState, error } = await call();
    return ok ? `${duplicate ? 'duplicate' : 'ok'} ${sessionState}` : `refused ${error?.code}`;
  } catch (error) {
    if (!isMacpError(error)) throw error;
    return `failed ${error.code}`;
  }
}
