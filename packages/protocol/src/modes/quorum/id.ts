/** `Envelope.mode` of the quorum mode. RFC-MACP-0011. */
export const MODE_QUORUM = 'macp.mode.quorum.v1';
