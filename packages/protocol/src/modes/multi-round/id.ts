/** `Envelope.mode` of the multi-round mode. Extension without an RFC (modes.md §8). */
export const MODE_MULTI_ROUND = 'ext.multi_round.v1';
