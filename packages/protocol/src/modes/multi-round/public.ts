// What other packages import of the multi-round mode.
export { MODE_MULTI_ROUND } from './id.js';
export { ContributePayload } from './messages.js';
export type { MultiRoundState } from './state.js';
