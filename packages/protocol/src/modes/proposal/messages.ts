import { macp } from '../../gen/proto.js';
import { bool, bytes, message, string, strings, type MessageOf } from '../../wire/message.js';

/** Payloads of the proposal mode (wire.md §10). */

const pb = macp.modes.proposal.v1;

export const ProposalPayload = message('macp.modes.proposal.v1.ProposalPayload', pb.ProposalPayload, {
  proposalId: string,
  title: string,
  summary: string,
  details: bytes,
  tags: strings,
});
export type ProposalPayload = MessageOf<typeof ProposalPayload>;

export const CounterProposalPayload = message('macp.modes.proposal.v1.CounterProposalPayload', pb.CounterProposalPayload, {
  proposalId: string,
  supersedesProposalId: string,
  title: string,
  summary: string,
  details: bytes,
});
export type CounterProposalPayload = MessageOf<typeof CounterProposalPayload>;

export const AcceptPayload = message('macp.modes.proposal.v1.AcceptPayload', pb.AcceptPayload, {
  proposalId: string,
  reason: string,
});
export type AcceptPayload = MessageOf<typeof AcceptPayload>;

export const RejectPayload = message('macp.modes.proposal.v1.RejectPayload', pb.RejectPayload, {
  proposalId: string,
  terminal: bool,
  reason: string,
});
export type RejectPayload = MessageOf<typeof RejectPayload>;

export const WithdrawPayload = message('macp.modes.proposal.v1.WithdrawPayload', pb.WithdrawPayload, {
  proposalId: string,
  reason: string,
});
export type WithdrawPayload = MessageOf<typeof WithdrawPayload>;
