import { decisionMode } from './decision/mode.js';
import { handoffMode } from './handoff/mode.js';
import type { Mode } from './mode.js';
import { multiRoundMode } from './multi-round/mode.js';
import { proposalMode } from './proposal/mode.js';
import { quorumMode } from './quorum/mode.js';
import { taskMode } from './task/mode.js';

/** The standards-track modes, in the order that ListModes has. */
export const STANDARD_MODES: readonly Mode[] = [decisionMode as Mode, proposalMode as Mode, taskMode as Mode, handoffMode as Mode, quorumMode as Mode];

/** The shipped extension modes, which ListExtModes has. They cannot be unregistered. */
export const EXTENSION_MODES: readonly Mode[] = [multiRoundMode as Mode];

/** Every shipped mode. */
export const BUILT_IN_MODES: readonly Mode[] = [...STANDARD_MODES, ...EXTENSION_MODES];

/** The shipped mode with this id and version; undefined for others, whose sessions have an opaque view. */
export function findMode(mode: string, version: string): Mode | undefined {
  return BUILT_IN_MODES.find(({ descriptor }) => descriptor.mode === mode && descriptor.modeVersion === version);
}
