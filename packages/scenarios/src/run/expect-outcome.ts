import type { ExpectedOutcome } from '../expected-outcome.js';
import type { RunOutcome } from './outcome.js';

/** One thing that came out differently. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Compares an outcome with what was expected of it; only what the expectation names. Pure. */
export function expectOutcome(outcome: RunOutcome, expected: ExpectedOutcome): Difference[] {
  const differences: Difference[] = [];
  const compare = (path: string, wanted: unknown, actual: unknown): void => {
    if (wanted !== undefined && wanted !== actual) differences.push({ path, expected: wanted, actual });
  };
  compare('state', expected.state, outcome.state);
  compare('action', expected.action, outcome.commitment?.action);
  compare('outcomePositive', expected.outcomePositive, outcome.commitment?.outcomePositive);
  compare('exitCode', expected.exitCode, outcome.exitCode);
  compare('suspensions', expected.suspensions, outcome.suspensions);
  for (const [sender, wanted] of Object.entries(expected.evaluations ?? {})) {
    compare(`evaluations.${sender}`, wanted, outcome.evaluations.findLast((one) => one.sender === sender)?.recommendation);
  }
  for (const [sender, wanted] of Object.entries(expected.votes ?? {}))
    compare(`votes.${sender}`, wanted, outcome.votes.find((one) => one.sender === sender)?.vote);
  return differences;
}
