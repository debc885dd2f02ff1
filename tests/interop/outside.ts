import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the install scripts put what is fetched, kept between runs. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'macp-agents');

/** The `macp-runtime` of the reference implementation: MACP_REFERENCE_RUNTIME, or what install-reference-runtime.mjs built. */
export function findReferenceRuntime(): string | undefined {
  return process.env['MACP_REFERENCE_RUNTIME'] ?? existing(join(CACHE, 'reference-runtime', 'bin', 'macp-runtime'));
}

/** A Python that has macp-sdk-python: MACP_PYTHON, or what install-python-sdk.mjs made. */
export function findPython(): string | undefined {
  return process.env['MACP_PYTHON'] ?? existing(join(CACHE, 'python', 'bin', 'python'));
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
