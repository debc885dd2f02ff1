/** `Envelope.mode` of the proposal mode. RFC-MACP-0008. */
export const MODE_PROPOSAL = 'macp.mode.proposal.v1';
