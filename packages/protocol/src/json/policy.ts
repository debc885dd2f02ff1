import { isObject } from '../policy/rule-group.js';
import { PolicyDescriptor } from '../wire/policy.js';
import { memberName } from './member-name.js';
import { memberOf, readAt, readObject, scalarFromJson, scalarToJson, type JsonObject, type JsonValue, type ScalarKind } from './values.js';

const SCALARS = PolicyDescriptor.fields
  .map((field, index) => ({ field: field as keyof PolicyDescriptor, kind: PolicyDescriptor.kinds[index]?.type as ScalarKind }))
  .filter(({ field }) => field !== 'rules');

/** json.md §9.1: `rules` is an object in documents and JSON text on the wire (J-10). Text that is no object stays text. */
export function policyToJson(policy: Partial<PolicyDescriptor>): JsonObject {
  const members = Object.fromEntries(SCALARS.map(({ field, kind }) => [memberName(field), scalarToJson(kind, policy[field])]));
  return { ...members, rules: parseRules(policy.rules ?? '') };
}

export function policyFromJson(members: JsonObject): PolicyDescriptor {
  const values = SCALARS.map(({ field, kind }) => {
    const name = memberName(field);
    const json = memberOf(members, name) ?? scalarToJson(kind, undefined);
    return [field, readAt(name, () => scalarFromJson(kind, json))] as const;
  });
  const rules = memberOf(members, 'rules') ?? {};
  const text = typeof rules === 'string' ? rules : JSON.stringify(readAt('rules', () => readObject(rules)));
  return { ...(Object.fromEntries(values) as Omit<PolicyDescriptor, 'rules'>), rules: text };
}

function parseRules(text: string): JsonValue {
  if (text.trim() === '') return {};
  try {
    const rules: unknown = JSON.parse(text);
    return isObject(rules) ? (rules as JsonObject) : text;
  } catch {
    // Not JSON: shown as it is, since a reader of foreign registries must not fail on it.
    return text;
  }
}
