/** `Envelope.mode` of the task mode. RFC-MACP-0009. */
export const MODE_TASK = 'macp.mode.task.v1';
