import { getSystemErrorMap } from 'node:util';

/** What the operating system said about a file, in words: `no space left on device (ENOSPC)`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [name, words] = ('errno' in error && typeof error.errno === 'number' && getSystemErrorMap().get(error.errno)) || [];
  return name === undefined || words === undefined ? error.message : `${words} (${name})`;
}
