import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { MacpError } from '@macp-agent/protocol';
import { systemReason } from '@macp-agent/scenarios';

/** Variables of a `.env` file; none when there is no file. Throws INVALID_OPTIONS when it cannot be read. */
export function loadDotenv(path: string): Readonly<Record<string, string | undefined>> {
  if (!existsSync(path)) return {};
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${path} cannot be read: ${systemReason(error)}`, { cause: error, context: { path } });
  }
}
