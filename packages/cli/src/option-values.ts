import { InvalidArgumentError } from 'commander';

/**
 * A parser for an option whose wrong value is noted rather than thrown, so that it is told together with what else is wrong. The
 * option then has its value from before.
 */
export function noting<T>(read: (text: string) => T, note: (text: string, rule: string) => void): (text: string, before: T | undefined) => T | undefined {
  return (text, before) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      note(text, error.message);
      return before;
    }
  };
}

/** A positive number; anything else is a usage error. */
export function readNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || text.trim() === '') throw new InvalidArgumentError('give a number over 0');
  return value;
}

/** A longer time ends a timer at once. */
const MAX_TIMER_SECONDS = 2_147_483;

/** Seconds of a time limit. */
export function readSeconds(text: string): number {
  const value = readNumber(text);
  if (value > MAX_TIMER_SECONDS) throw new InvalidArgumentError(`give at most ${MAX_TIMER_SECONDS} seconds (24 days)`);
  return value;
}

/** Hours between two times that something is done. */
export function readHours(text: string): number {
  const value = readNumber(text);
  const most = Math.floor(MAX_TIMER_SECONDS / 3_600);
  if (value > most) throw new InvalidArgumentError(`give at most ${most} hours (24 days)`);
  return value;
}

/** Gathers a repeatable option. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** A whole number from 1. */
export function readCount(text: string): number {
  const value = readNumber(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('give a whole number from 1');
  return value;
}

/** A port; 0 lets the system choose. */
export function readPort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('give a port, 0 to 65535');
  return value;
}
