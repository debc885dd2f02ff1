import { MacpError } from '@macp-agent/protocol';
import type { ParticipantBinding } from '../compile.js';
import { isJsonObject } from '../json-value.js';

/**
 * Reads a sender → token map (onboarding step 3). `source` names where the text comes from.
 * Throws INVALID_OPTIONS for text that is no JSON object of non-empty strings; never shows a value.
 */
export function parseAgentTokens(text: string, source: string): Map<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote the text, tokens included.
    throw new MacpError('INVALID_OPTIONS', `${source} must be valid JSON (object of string→string)`, { context: { path: source } });
  }
  if (!isJsonObject(value)) throw new MacpError('INVALID_OPTIONS', `${source} must be valid JSON (object of string→string)`, { context: { path: source } });
  return new Map(
    Object.entries(value).map(([key, token]) => {
      if (typeof token !== 'string' || token.trim() === '')
        throw new MacpError('INVALID_OPTIONS', `${source}: [${key}] must be a non-empty string`, { context: { path: source } });
      return [key, token];
    }),
  );
}

/**
 * The token of each participant: by participant id, then by agentRef.
 * Throws INVALID_BOOTSTRAP, naming every sender that the map lacks.
 */
export function pickAgentTokens(tokens: ReadonlyMap<string, string>, bindings: readonly ParticipantBinding[], source: string): Map<string, string> {
  const missing: string[] = [];
  const picked = new Map<string, string>();
  for (const { participantId, agentRef } of bindings) {
    const token = tokens.get(participantId) ?? tokens.get(agentRef);
    if (token === undefined) missing.push(participantId);
    else picked.set(participantId, token);
  }
  if (missing.length > 0) {
    throw new MacpError(
      'INVALID_BOOTSTRAP',
      `bootstrap.runtime.bearerToken is required: ${source} has no token for the sender ${missing.join(', ')}. Fix (onboarding step 3): add ${missing.map((id) => `"${id}": "<token>"`).join(', ')} there`,
      { context: { sender: missing[0] ?? '' } },
    );
  }
  return picked;
}
