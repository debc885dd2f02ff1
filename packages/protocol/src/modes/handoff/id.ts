/** `Envelope.mode` of the handoff mode. RFC-MACP-0010. */
export const MODE_HANDOFF = 'macp.mode.handoff.v1';
