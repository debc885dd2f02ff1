import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPolicyDefinition, MacpError, type PolicyDefinition } from '@macp-agent/protocol';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads every `*.json` of a folder, sorted by path: one policy each, with all five members (runtime.md §14).
 * Throws INVALID_OPTIONS that names `MACP_POLICIES_DIR`, the file and the rule.
 */
export function loadPoliciesDir(dir: string): PolicyDefinition[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => name.endsWith('.json'));
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `MACP_POLICIES_DIR: the folder ${dir} cannot be read`, { cause: error, context: { path: dir } });
  }
  const byId = new Map<string, string>();
  return names.toSorted().map((name) => {
    const path = join(dir, name);
    const policy = readPolicy(path);
    const other = byId.get(policy.policyId);
    if (other !== undefined) throw invalid(path, `policy_id ${policy.policyId} is already that of ${other}`);
    byId.set(policy.policyId, path);
    return policy;
  });
}

function readPolicy(path: string): PolicyDefinition {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalid(path, 'it is not readable JSON', error);
  }
  if (!isObject(document)) throw invalid(path, 'it must be one object');
  const { policy_id: policyId, mode, description, rules, schema_version: schemaVersion } = document;
  if (typeof policyId !== 'string') throw invalid(path, 'policy_id must be a string');
  if (typeof mode !== 'string') throw invalid(path, 'mode must be a mode id or "*"');
  if (typeof description !== 'string') throw invalid(path, 'description must be a string');
  if (!isObject(rules)) throw invalid(path, 'rules must be an object');
  if (typeof schemaVersion !== 'number' || !Number.isInteger(schemaVersion)) throw invalid(path, 'schema_version must be a whole number');
  const policy = { policyId, mode, description, rules, schemaVersion };
  const verdict = checkPolicyDefinition(policy);
  if (!verdict.accepted) throw invalid(path, verdict.message);
  return policy;
}

function invalid(path: string, problem: string, cause?: unknown): MacpError {
  return new MacpError('INVALID_OPTIONS', `MACP_POLICIES_DIR: ${path}: ${problem}`, { cause, context: { path } });
}
