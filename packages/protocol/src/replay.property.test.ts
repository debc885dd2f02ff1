import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODE_DECISION, MODE_HANDOFF, MODE_MULTI_ROUND, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from './modes/mode-ids.js';
import { commitment, envelope, judge, policy, start, START_MS, startRecord, type Setup } from './modes/play.test.support.js';
import { findMode } from './modes/registry.js';
import { applyRecord, replay, type SessionRecord, type SessionView } from './replay.js';

const people = ['coord', 'a', 'b'];
const id = fc.constantFrom('1', '2');
const sender = fc.constantFrom(...people, 'x');

/** Messages of each mode, most of them in place, some not. */
const messages: Readonly<Record<string, fc.Arbitrary<readonly [type: string, payload: object]>>> = {
  [MODE_DECISION]: fc.oneof(
    fc.record({ proposalId: id, option: fc.constant('x') }).map((payload) => ['Proposal', payload] as const),
    fc
      .record({ proposalId: id, recommendation: fc.constantFrom('APPROVE', 'block'), confidence: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map((payload) => ['Evaluation', payload] as const),
    fc.record({ proposalId: id, severity: fc.constantFrom('', 'critical') }).map((payload) => ['Objection', payload] as const),
    fc.record({ proposalId: id, vote: fc.constantFrom('APPROVE', 'reject', 'ABSTAIN') }).map((payload) => ['Vote', payload] as const),
  ),
  [MODE_PROPOSAL]: fc.oneof(
    fc.record({ proposalId: id }).map((payload) => ['Proposal', payload] as const),
    fc.record({ proposalId: fc.constantFrom('3', '4'), supersedesProposalId: id }).map((payload) => ['CounterProposal', payload] as const),
    fc.tuple(fc.constantFrom('Accept', 'Withdraw'), fc.record({ proposalId: id })),
    fc.record({ proposalId: id, terminal: fc.boolean() }).map((payload) => ['Reject', payload] as const),
  ),
  [MODE_TASK]: fc.tuple(
    fc.constantFrom('TaskRequest', 'TaskAccept', 'TaskReject', 'TaskUpdate', 'TaskComplete', 'TaskFail'),
    fc.record({ taskId: fc.constant('1') }),
  ),
  [MODE_HANDOFF]: fc.oneof(
    fc.record({ handoffId: id, targetParticipant: fc.constantFrom('a', 'b') }).map((payload) => ['HandoffOffer', payload] as const),
    fc.tuple(fc.constantFrom('HandoffContext', 'HandoffAccept', 'HandoffDecline'), fc.record({ handoffId: id })),
  ),
  [MODE_QUORUM]: fc.oneof(
    fc.record({ requestId: fc.constant('1'), requiredApprovals: fc.integer({ min: 1, max: 3 }) }).map((payload) => ['ApprovalRequest', payload] as const),
    fc.tuple(fc.constantFrom('Approve', 'Reject', 'Abstain'), fc.record({ requestId: fc.constant('1') })),
  ),
  [MODE_MULTI_ROUND]: fc.record({ value: fc.constantFrom('x', 'y') }).map((payload) => ['Contribute', payload] as const),
};
const rules = {
  [MODE_HANDOFF]: { acceptance: { implicit_accept_timeout_ms: 5 } },
  [MODE_TASK]: { assignment: { allow_reassignment_on_reject: true } },
  [MODE_DECISION]: { voting: { algorithm: 'majority' }, objection_handling: { critical_severity_vetoes: true } },
};
const commitments = fc.boolean().map((positive) => ['Commitment', commitment('outcome', positive)] as const);

describe.each(Object.entries(messages))('a random session of %s', (mode, message) => {
  const definition = mode in rules ? policy(mode, rules[mode as keyof typeof rules]) : policy('*', {});
  const setup: Setup = { mode, initiator: 'coord', participants: people, policy: definition };
  const sent = fc.array(fc.tuple(sender, fc.oneof({ weight: 12, arbitrary: message }, { weight: 1, arbitrary: commitments }), fc.nat({ max: 3 })), {
    maxLength: 40,
  });

  it('judges whatever comes without throwing, the same live and replayed, and lets a refusal change nothing', () => {
    const types = [...(findMode(mode, '1.0.0')?.descriptor.messageTypes ?? []), 'Unknown', '__proto__', ''];
    const garbage = fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 24 }));
    const mixed = fc.array(
      fc.tuple(sender, fc.oneof({ weight: 6, arbitrary: message }, { weight: 1, arbitrary: commitments }, { weight: 5, arbitrary: garbage })),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(mixed, (attempts) => {
        const history: SessionRecord[] = [startRecord(setup)];
        let view = start(setup);
        for (const [index, [from, [type, payload]]] of attempts.entries()) {
          const frame = envelope(setup, from, type, payload, `m${index}`);
          const before = inspect(view);
          const verdict = judge(view, frame, START_MS + index);
          expect(inspect(view)).toBe(before);
          expect(judge(replay(history) as SessionView, frame, START_MS + index)).toEqual(verdict);
          // Once it is over nothing is accepted any more.
          expect([verdict.accepted, view.state]).not.toEqual([true, 'RESOLVED']);
          if (!verdict.accepted) continue;
          const record: SessionRecord = { kind: 'envelope', envelope: frame, atUnixMs: START_MS + index };
          history.push(record);
          view = applyRecord(view, record);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('folds to the same state again, changes nothing in place and ends with its commitment', () => {
    fc.assert(
      fc.property(sent, (attempts) => {
        const { view, history, snapshots } = accept(setup, attempts);
        expect(replay(history)).toEqual(view);
        // Every earlier view still has the state that it had.
        for (const [index, { earlier, text }] of snapshots.entries()) {
          expect(inspect(earlier)).toBe(text);
          expect(replay(history.slice(0, index + 1))).toEqual(earlier);
        }
        const ended = history.some((record) => record.kind === 'envelope' && record.envelope.messageType === 'Commitment');
        expect(view.state).toBe(ended ? 'RESOLVED' : 'OPEN');
        expect(view.ordinal).toBe(history.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** What a runtime would have in its log after these attempts. */
function accept(setup: Setup, attempts: readonly (readonly [string, readonly [string, object], number])[]) {
  const history: SessionRecord[] = [startRecord(setup)];
  let view = start(setup);
  const snapshots = [{ earlier: view, text: inspect(view) }];
  let atUnixMs = START_MS;
  for (const [index, [from, [type, payload], elapsedMs]] of attempts.entries()) {
    atUnixMs += elapsedMs;
    const frame = envelope(setup, from, type, payload, `m${index}`);
    if (!judge(view, frame, atUnixMs).accepted) continue;
    const record: SessionRecord = { kind: 'envelope', envelope: frame, atUnixMs };
    history.push(record);
    view = applyRecord(view, record);
    snapshots.push({ earlier: view, text: inspect(view) });
  }
  return { view, history, snapshots };
}

function inspect(view: SessionView): string {
  return JSON.stringify(view.modeState, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
}
