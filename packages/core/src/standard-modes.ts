import { STANDARD_MODES as MODES } from '@macp-agent/protocol';

/** Ids of the standards-track modes, in the order that ListModes has; their rules are `STANDARD_MODES` of `@macp-agent/protocol`. */
export const STANDARD_MODES: readonly string[] = MODES.map(({ descriptor }) => descriptor.mode);
