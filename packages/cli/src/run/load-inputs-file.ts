import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { parseJson, unreadable, type JsonObject } from '@macp-agent/scenarios';

const MAX_BYTES = 1_048_576;

/** Inputs of a JSON file, at most 1 MiB. Throws INVALID_OPTIONS that says why it cannot be read, or where it is not JSON. */
export function loadInputsFile(name: string, cwd: string): JsonObject {
  const refuse = (text: string, cause?: unknown): MacpError => new MacpError('INVALID_OPTIONS', text, { cause, context: { path: name } });
  const path = resolve(cwd, name);
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw refuse(`cannot read ${name}: it is over ${MAX_BYTES} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof MacpError ? error : refuse(`cannot read ${name}: ${unreadable(error)}`, error);
  }
  const parsed = parseJson(text);
  if (!parsed.ok) throw refuse(`${name} ${parsed.problem}`);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`${name} must hold a JSON object: one member per input`);
  return value as JsonObject;
}
