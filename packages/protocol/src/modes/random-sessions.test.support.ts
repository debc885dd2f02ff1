import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyRecord, replay, type SessionView } from '../replay.js';
import type { SessionRecord } from '../session-record.js';
import { commitment, envelope, judge, policy, start, START_MS, startRecord, type Setup } from './play.test.support.js';
import { findMode } from './registry.js';

const people = ['coord', 'a', 'b'];
const sender = fc.constantFrom(...people, 'x');
/** Few, so that messages meet. */
export const randomId = fc.constantFrom('1', '2');
const commitments = fc.boolean().map((positive) => ['Commitment', commitment('outcome', positive)] as const);

/** A message of a mode: its type and payload, most of them in place, some not. */
export type RandomMessage = fc.Arbitrary<readonly [type: string, payload: object]>;

/** What must hold of every mode, however its messages come: of participants `coord`, `a`, `b` and the stranger `x`, under a policy with these rules. */
export function randomSessions(mode: string, message: RandomMessage, rules?: Readonly<Record<string, unknown>>): void {
  describe(`a random session of ${mode}`, () => {
    const setup: Setup = { mode, initiator: 'coord', participants: people, policy: rules === undefined ? policy('*', {}) : policy(mode, rules) };
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
}

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
