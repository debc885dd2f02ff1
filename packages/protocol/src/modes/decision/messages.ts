import { macp } from '../../gen/proto.js';
import { bytes, double, message, string, type MessageOf } from '../../wire/message.js';

/** Payloads of the decision mode (wire.md §10). */

const pb = macp.modes.decision.v1;

export const ProposalPayload = message('macp.modes.decision.v1.ProposalPayload', pb.ProposalPayload, {
  proposalId: string,
  option: string,
  rationale: string,
  supportingData: bytes,
});
export type ProposalPayload = MessageOf<typeof ProposalPayload>;

export const EvaluationPayload = message('macp.modes.decision.v1.EvaluationPayload', pb.EvaluationPayload, {
  proposalId: string,
  recommendation: string,
  confidence: double,
  reason: string,
});
export type EvaluationPayload = MessageOf<typeof EvaluationPayload>;

export const ObjectionPayload = message('macp.modes.decision.v1.ObjectionPayload', pb.ObjectionPayload, {
  proposalId: string,
  reason: string,
  severity: string,
});
export type ObjectionPayload = MessageOf<typeof ObjectionPayload>;

export const VotePayload = message('macp.modes.decision.v1.VotePayload', pb.VotePayload, {
  proposalId: string,
  vote: string,
  reason: string,
});
export type VotePayload = MessageOf<typeof VotePayload>;
