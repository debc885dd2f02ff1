import { MODE_DECISION, MODE_HANDOFF, MODE_PROPOSAL, MODE_QUORUM, MODE_TASK } from '@macp-agent/protocol';

/** Ids of the standards-track modes, in the order that ListModes has; their rules are `STANDARD_MODES` of `@macp-agent/protocol`. */
export const STANDARD_MODES: readonly string[] = [MODE_DECISION, MODE_PROPOSAL, MODE_TASK, MODE_HANDOFF, MODE_QUORUM];
