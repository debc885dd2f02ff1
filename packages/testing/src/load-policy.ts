import { readFileSync } from 'node:fs';
import { checkPolicyDefinition, MacpError, type PolicyDefinition } from '@macp-agent/protocol';

/**
 * A policy file as runtimes and packs read it: one JSON object with `policy_id`, `mode`, `description`, `rules` and
 * `schema_version`. Throws INVALID_POLICY_DEFINITION naming the file.
 */
export function loadPolicy(path: string | URL): PolicyDefinition {
  const invalid = (text: string, cause?: unknown): MacpError => new MacpError('INVALID_POLICY_DEFINITION', `${String(path)} ${text}`, { cause });
  let document: Partial<Record<'policy_id' | 'mode' | 'description' | 'schema_version' | 'rules', unknown>>;
  try {
    document = JSON.parse(readFileSync(path, 'utf8')) as typeof document;
  } catch (error) {
    throw invalid('cannot be read as JSON', error);
  }
  const { policy_id: policyId, mode, description = '', schema_version: schemaVersion, rules } = document;
  if (typeof policyId !== 'string' || typeof mode !== 'string' || typeof description !== 'string' || typeof schemaVersion !== 'number' || !isObject(rules)) {
    throw invalid('needs policy_id, mode, schema_version and rules; see policies/ of the template');
  }
  const policy = { policyId, mode, description, schemaVersion, rules };
  const verdict = checkPolicyDefinition(policy);
  if (!verdict.accepted) throw invalid(verdict.message);
  return policy;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
