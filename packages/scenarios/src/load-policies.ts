import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPolicyDefinition, DEFAULT_POLICY_ID, MacpError, withoutCode, type PolicyDefinition } from '@macp-agent/protocol';
import { documentCheck } from './check-document.js';
import type { JsonObject } from './json-value.js';
import { loadYaml } from './load-yaml.js';

interface PolicyFile {
  readonly policy_id: string;
  readonly mode: string;
  readonly description?: string;
  readonly rules: JsonObject;
  readonly schema_version: number;
}

const checkPolicyFile = documentCheck<PolicyFile>(
  {
    type: 'object',
    required: ['policy_id', 'mode', 'rules', 'schema_version'],
    properties: {
      policy_id: { type: 'string', minLength: 1 },
      mode: { type: 'string', minLength: 1 },
      description: { type: 'string' },
      rules: { type: 'object' },
      schema_version: { type: 'integer', minimum: 1 },
    },
  },
  'policy',
);

/**
 * Policies of a folder, one JSON object per `*.json` file as the runtime reads them (runtime.md §14), sorted by path.
 * A file of `policy.default` is skipped: every runtime has it. No folder means no policies.
 * Throws INVALID_PACK_DATA, or INVALID_POLICY_DEFINITION with the file named.
 */
export function loadPolicies(folder: string, root: string): PolicyDefinition[] {
  return listFiles(folder, ['.json']).flatMap((name) => {
    const path = join(folder, name);
    const file = checkPolicyFile(loadYaml(path, root), path);
    return file.policy_id === DEFAULT_POLICY_ID ? [] : [toPolicy(file, path)];
  });
}

/** One policy file. Throws INVALID_PACK_DATA or INVALID_POLICY_DEFINITION with the file named. */
export function loadPolicyFile(path: string): PolicyDefinition {
  return toPolicy(checkPolicyFile(loadYaml(path, dirname(path)), path), path);
}

function toPolicy(file: PolicyFile, path: string): PolicyDefinition {
  const policy = { policyId: file.policy_id, mode: file.mode, description: file.description ?? '', rules: file.rules, schemaVersion: file.schema_version };
  const verdict = checkPolicyDefinition(policy);
  if (verdict.accepted) return policy;
  throw new MacpError('INVALID_POLICY_DEFINITION', `${path}: ${withoutCode('INVALID_POLICY_DEFINITION', verdict.message)}`, { context: { path } });
}

/** Names of the files with these endings in a folder, sorted; none when the folder does not exist. */
export function listFiles(folder: string, endings: readonly string[]): string[] {
  return list(folder)
    .filter((entry) => !entry.isDirectory() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => entry.name)
    .toSorted();
}

/** Names of the folders in a folder, sorted; none when it does not exist. */
export function listFolders(folder: string): string[] {
  return list(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .toSorted();
}

function list(folder: string): { name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw new MacpError('INVALID_PACK_DATA', `${folder} cannot be listed`, { cause: error, context: { path: folder } });
  }
}
