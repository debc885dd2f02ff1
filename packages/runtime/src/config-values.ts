import { isIP } from 'node:net';
import { MacpError } from '@macp-agent/protocol';

/** The reference runtime reads numbers of 64 bits. */
const MAX_UINT64 = 2n ** 64n - 1n;

/** The environment of a process, or a stand-in for it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable that cannot be used: the start is refused. */
export function refuseVariable(name: string, problem: string, cause?: unknown): MacpError {
  return new MacpError('INVALID_OPTIONS', `${name}: ${problem}`, { cause });
}

/** A text or path that is not looked at closely; empty counts as unset. */
export function text(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

/** A text or path that must be usable when it is set: an empty one, as of a secret that did not arrive, stops the start. */
export function strictText(env: Env, name: string): string | undefined {
  const value = env[name];
  if (value === '') throw refuseVariable(name, 'is empty; give it a value or leave it out');
  return value;
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
  if (!/^\+?\d+$/.test(value) || BigInt(value.replace('+', '')) > MAX_UINT64) return undefined;
  // Beyond it there is no difference that anybody could notice.
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
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
