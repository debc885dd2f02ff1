import type { PolicyDefinition } from './definition.js';
import { RuleTypeError, type Rules } from './rule-group.js';

/**
 * Makes a lenient reader for the message rules of a mode: no policy, or rules that cannot be read, give the defaults.
 * Unreadable rules still deny every commitment, because the evaluation fails closed. Definitions never change, so each is read once.
 */
export function rulesReader<Parsed extends object>(parse: (rules: Rules) => Parsed): (policy: PolicyDefinition | undefined) => Parsed {
  const defaults = parse({});
  const known = new WeakMap<PolicyDefinition, Parsed>();
  return (policy) => {
    if (policy === undefined) return defaults;
    let rules = known.get(policy);
    if (rules === undefined) {
      rules = readLeniently(policy, parse) ?? defaults;
      known.set(policy, rules);
    }
    return rules;
  };
}

function readLeniently<Parsed>(policy: PolicyDefinition, parse: (rules: Rules) => Parsed): Parsed | undefined {
  try {
    return parse(policy.rules);
  } catch (error) {
    if (error instanceof RuleTypeError) return undefined;
    throw error;
  }
}
