import { decisionMode } from './decision/mode.js';
import type { Mode } from './mode.js';

/** The shipped modes in the order that ListModes has; extension modes follow. */
export const BUILT_IN_MODES: readonly Mode[] = [decisionMode as Mode];

/** The shipped mode with this id and version; undefined for others, whose sessions have an opaque view. */
export function findMode(mode: string, version: string): Mode | undefined {
  return BUILT_IN_MODES.find(({ descriptor }) => descriptor.mode === mode && descriptor.modeVersion === version);
}
