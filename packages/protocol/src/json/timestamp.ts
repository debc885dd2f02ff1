import { JsonValueError } from './values.js';

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MIN_MS = Date.parse('0000-01-01T00:00:00.000Z');
const MAX_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** RFC 3339 in UTC with milliseconds; times outside the years 0000 to 9999, which it cannot write, become the nearest it can. */
export function toTimestamp(unixMs: number): string {
  return new Date(Math.min(Math.max(unixMs, MIN_MS), MAX_MS)).toISOString();
}

/** Milliseconds since the epoch, any offset, finer fractions cut off. Throws JsonValueError. */
export function fromTimestamp(text: string): number {
  const parts = RFC_3339.exec(text);
  if (parts === null) throw invalid();
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = parts;
  const fields = [month, day, hour, minute, second, offsetHour, offsetMinute].map(Number);
  const [mon = 0, date = 0, hh = 0, mm = 0, ss = 0, oh = 0, om = 0] = fields;
  if (mon < 1 || mon > 12 || date < 1 || hh > 23 || mm > 59 || ss > 60 || oh > 23 || om > 59) throw invalid();
  const midnight = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(midnight) || new Date(midnight).getUTCDate() !== date) throw invalid();
  const offsetMinutes = (sign === '-' ? -1 : 1) * (oh * 60 + om);
  const minutes = hh * 60 + mm - offsetMinutes;
  return midnight + minutes * 60_000 + ss * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

const invalid = (): JsonValueError => new JsonValueError('must be an RFC 3339 time such as 2026-11-20T10:15:00.000Z');
