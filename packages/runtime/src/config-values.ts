import { isIP } from 'node:net';
import { MacpError } from '@macp-agent/protocol';

/** The environment of a process, or a stand-in for it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable that cannot be used: the start is refused. */
export function refuseVariable(name: string, problem: string, cause?: unknown): MacpError {
  return new MacpError('INVALID_OPTIONS', `${name}: ${problem}`, { cause });
}

/** A text or path; empty counts as unset. */
export function text(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

/** Only the exact value `1` counts. */
export function flag(env: Env, name: string): boolean {
  return env[name] === '1';
}

/** A whole number; a bad value stops the start. */
export function strictInteger(env: Env, name: string, fallback: number, min: number): number {
  const value = env[name];
  if (value === undefined) return fallback;
  const number = wholeNumber(value);
  if (number === undefined || number < min) throw refuseVariable(name, `must be a whole number of at least ${min}`);
  return number;
}

/** A whole number; a bad value silently becomes the default. */
export function lenientInteger(env: Env, name: string, fallback: number): number {
  return wholeNumber(env[name] ?? '') ?? fallback;
}

function wholeNumber(value: string): number | undefined {
  if (!/^\+?\d+$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** `ip:port`, with IPv6 in brackets; host names are refused. */
export function socketAddress(env: Env, name: string, fallback: string): { host: string; port: number } {
  const value = env[name] ?? fallback;
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]+)):(?<port>\d{1,5})$/.exec(value);
  const { v4, v6, port } = match?.groups ?? {};
  const isAddress = v6 === undefined ? isIP(v4 ?? '') === 4 : isIP(v6) === 6;
  if (!isAddress || Number(port) > 65_535) throw refuseVariable(name, `must be ip:port, such as ${fallback}; host names are not resolved`);
  return { host: v6 ?? (v4 as string), port: Number(port) };
}
