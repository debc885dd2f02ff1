// What other packages import of the handoff mode.
export { MODE_HANDOFF } from './id.js';
export { HandoffAcceptPayload, HandoffContextPayload, HandoffDeclinePayload, HandoffOfferPayload } from './messages.js';
export { withImplicitAccepts, type HandoffContext, type HandoffOffer, type HandoffState } from './state.js';
export { parseHandoffRules, type HandoffRules } from './policy.js';
export { buildHandoffPolicy, type HandoffPolicyInput } from './build-policy.js';
