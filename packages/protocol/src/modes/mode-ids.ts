// Ids of the shipped modes, as `Envelope.mode` has them.

/** RFC-MACP-0007. */
export const MODE_DECISION = 'macp.mode.decision.v1';
/** RFC-MACP-0008. */
export const MODE_PROPOSAL = 'macp.mode.proposal.v1';
/** RFC-MACP-0009. */
export const MODE_TASK = 'macp.mode.task.v1';
/** RFC-MACP-0010. */
export const MODE_HANDOFF = 'macp.mode.handoff.v1';
/** RFC-MACP-0011. */
export const MODE_QUORUM = 'macp.mode.quorum.v1';
/** Extension without an RFC (modes.md §8). */
export const MODE_MULTI_ROUND = 'ext.multi_round.v1';

const GOVERNED: ReadonlySet<string> = new Set([MODE_DECISION, MODE_PROPOSAL, MODE_TASK, MODE_HANDOFF, MODE_QUORUM]);

/** True for the five standard modes, the only ones whose commitments a policy judges (modes.md §13.4). */
export function isGovernedMode(mode: string): boolean {
  return GOVERNED.has(mode);
}
