import type { ModeDefinition } from '../definition.js';
import { ContributePayload } from './messages.js';
import { multiRoundMode } from './mode.js';
import { readContribution } from './read-contribution.js';

export const definition: ModeDefinition = {
  mode: multiRoundMode,
  payloads: { Contribute: ContributePayload },
  readers: { Contribute: readContribution },
};
