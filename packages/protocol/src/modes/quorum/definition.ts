import type { ModeDefinition } from '../definition.js';
import { AbstainPayload, ApprovalRequestPayload, ApprovePayload, RejectPayload } from './messages.js';
import { quorumMode } from './mode.js';
import { quorumPolicy } from './policy.js';

export const definition: ModeDefinition = {
  mode: quorumMode,
  rfc: 11,
  payloads: {
    ApprovalRequest: ApprovalRequestPayload,
    Approve: ApprovePayload,
    Reject: RejectPayload,
    Abstain: AbstainPayload,
  },
  policy: quorumPolicy,
};
