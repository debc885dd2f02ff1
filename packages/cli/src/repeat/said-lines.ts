import { isDeepStrictEqual } from 'node:util';
import type { Difference, RunEvent, RunOutcome } from '@macp-agent/scenarios';

/** What each sender said, in its order, and what became of the session: one line each, without ids and times. */
export type Said = ReadonlyMap<string, readonly string[]>;

/** A run that has ended: what was said, and what it came to. */
export interface EndedRun {
  readonly runId: string;
  readonly sessionId: string;
  readonly outcome: Pick<RunOutcome, 'state' | 'reason' | 'exitCode' | 'commitment' | 'missing' | 'refused' | 'suspensions'>;
}

/**
 * Reduces a run to what two runs of one scenario must have in common. The order between senders is left out: they speak at the same time.
 * Pure.
 */
export function saidLines(events: readonly RunEvent[], { runId, sessionId, outcome }: EndedRun): Said {
  const said = new Map<string, string[]>();
  const say = (who: string, text: string): void => {
    const line = text.replaceAll(sessionId, '<id>').replaceAll(runId, '<id>');
    said.set(who, [...(said.get(who) ?? []), line]);
  };
  for (const event of events) if (event.type === 'envelope') say(event.sender, `${event.messageType} ${JSON.stringify(withoutTimes(event.payload))}`);
  const { state, reason, exitCode, commitment, missing, refused, suspensions } = outcome;
  for (const one of refused) say(one.participantId, `refused ${one.messageType} ${one.code}: ${one.message}`);
  say('outcome', JSON.stringify({ state, reason, exitCode, commitment: withoutTimes(commitment), missing, suspensions }));
  return said;
}

/** Where a run said something else than the first one did: a message each, so that a difference reads as a line. Pure. */
export function compareSaid(first: Said, other: Said, round: number): Difference[] {
  const differences: Difference[] = [];
  for (const sender of new Set([...first.keys(), ...other.keys()])) {
    const before = first.get(sender) ?? [];
    const now = other.get(sender) ?? [];
    if (isDeepStrictEqual(before, now)) continue;
    for (let index = 0; index < Math.max(before.length, now.length); index += 1) {
      if (before[index] !== now[index])
        differences.push({ path: `round ${round}, ${sender}, message ${index + 1}`, expected: before[index], actual: now[index] });
    }
  }
  return differences;
}

/** Members that differ from run to run by their nature. */
const VOLATILE = /^commitmentId$|AtUnixMs$|^timestamp/;

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.test(key))
      .map(([key, item]) => [key, withoutTimes(item)]),
  );
}
