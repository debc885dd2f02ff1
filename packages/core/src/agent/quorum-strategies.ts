import { MODE_QUORUM, type ApprovalRequest, type QuorumState } from '@macp-agent/protocol';
import { sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import { answerOrAbstain, requireState } from './strategy-state.js';

/** A ballot and why. */
export interface BallotAnswer {
  readonly choice: 'APPROVE' | 'REJECT' | 'ABSTAIN';
  readonly reason: string;
}

/** What `castBallots` takes. */
export interface CastBallotsOptions {
  /** Called once, with the request. An error with code MODEL_FAILED becomes an abstention. */
  readonly decide: (request: ApprovalRequest, ctx: ParticipantContext) => BallotAnswer | Promise<BallotAnswer>;
}

const MESSAGE_TYPES = { APPROVE: 'Approve', REJECT: 'Reject', ABSTAIN: 'Abstain' } as const;

/** Casts the ballot of this agent once there is a request (RFC-MACP-0011). */
export function castBallots({ decide }: CastBallotsOptions): (participant: Participant) => void {
  return (participant) =>
    void participant.onChange(async (ctx) => {
      const { request, ballots } = requireState<QuorumState>(ctx, MODE_QUORUM, 'castBallots');
      if (request === undefined || ballots.has(participant.participantId)) return;
      const answer = (await answerOrAbstain(ctx, () => decide(request, ctx))) ?? { choice: 'ABSTAIN', reason: 'the model gave no usable answer' };
      await sendOnce(ctx, MESSAGE_TYPES[answer.choice], request.requestId, { requestId: request.requestId, reason: answer.reason });
    });
}
