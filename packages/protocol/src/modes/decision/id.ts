/** `Envelope.mode` of the decision mode. RFC-MACP-0007. */
export const MODE_DECISION = 'macp.mode.decision.v1';
