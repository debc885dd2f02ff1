import { MODE_DEFINITIONS } from '../gen/modes.js';
import { MODE_DECISION } from './decision/id.js';
import type { ModeDefinition } from './definition.js';
import type { Mode } from './mode.js';

/** The standards-track modes, in the order that ListModes has: that of their RFCs. */
export const STANDARD_MODES: readonly Mode[] = MODE_DEFINITIONS.filter(({ rfc }) => rfc !== undefined)
  .toSorted((a, b) => (a.rfc ?? 0) - (b.rfc ?? 0))
  .map(({ mode }) => mode);

/** The shipped extension modes, which ListExtModes has. They cannot be unregistered. */
export const EXTENSION_MODES: readonly Mode[] = MODE_DEFINITIONS.filter(({ rfc }) => rfc === undefined).map(({ mode }) => mode);

/** Every shipped mode. */
export const BUILT_IN_MODES: readonly Mode[] = [...STANDARD_MODES, ...EXTENSION_MODES];

const BY_ID: ReadonlyMap<string, ModeDefinition> = new Map(MODE_DEFINITIONS.map((definition) => [definition.mode.descriptor.mode, definition]));

/** The definition of the shipped mode with this id. */
export function findDefinition(mode: string): ModeDefinition | undefined {
  return BY_ID.get(mode);
}

/** The shipped mode with this id and version; undefined for others, whose sessions have an opaque view. */
export function findMode(mode: string, version: string): Mode | undefined {
  const found = BY_ID.get(mode)?.mode;
  return found?.descriptor.modeVersion === version ? found : undefined;
}

/** What policies of this mode, or of `*`, can say: policies for every mode are read by the rules of the decision mode. */
export function policyRulesOf(mode: string): ModeDefinition['policy'] {
  return BY_ID.get(mode === '*' ? MODE_DECISION : mode)?.policy;
}
