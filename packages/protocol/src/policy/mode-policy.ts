import type { PolicyResult } from './result.js';
import type { RuleReading, Rules } from './rule-group.js';

/** What the policies of one mode can say (RFC-MACP-0012 §4). Each mode that policies govern has one, in its folder. */
export interface ModePolicy<Parsed extends object = object, State = unknown> {
  /** The rules with every default filled in. Throws RuleTypeError for members of the wrong type, and at registration for values out of bounds. */
  parse(rules: Rules, reading?: RuleReading): Parsed;
  /** Every rule against the session as it stands, for a positive or a negative outcome. */
  evaluate(rules: Parsed, state: State, participants: readonly string[], positive: boolean): PolicyResult;
  /** Rules that register, but do not do what their names suggest. */
  warnings?(rules: Parsed, schemaVersion: number): readonly string[];
}
