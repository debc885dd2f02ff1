import { inspect } from 'node:util';

/** What is shown instead of a secret. */
export const MASKED = '(set, not shown)';

const SECRET_NAME = /token|secret|bearer|password|api_?key|credential|authorization|private/i;

/** A copy of any JSON value in which every member that is named like a secret shows only that it is set. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const hide = SECRET_NAME.test(name) && typeof item !== 'boolean' && item !== '' && item !== null && item !== undefined;
      return [name, hide ? MASKED : maskSecrets(item)];
    }),
  );
}

/**
 * Keeps the secrets of an object out of logs: `JSON.stringify`, `console.log` and `inspect` show what `maskSecrets` makes of it. Code
 * reads, spreads and compares its members as before. Returns the same object.
 */
export function hideSecrets<T extends object>(value: T): T {
  const shown = (): unknown => maskSecrets(value);
  for (const name of ['toJSON', inspect.custom]) Object.defineProperty(value, name, { value: shown });
  return value;
}
