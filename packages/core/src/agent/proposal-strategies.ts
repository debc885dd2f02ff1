import { MODE_PROPOSAL, type NegotiatedProposal, type ProposalState } from '@macp-agent/protocol';
import { actionId } from './action-id.js';
import { sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import { answerOrAbstain, requireState } from './strategy-state.js';

/** What an agent answers to a proposal: it agrees, offers something else instead, or says no. */
export type ProposalAnswer =
  | { readonly accept: true; readonly reason?: string }
  | { readonly counter: { readonly title: string; readonly summary?: string } }
  | { readonly reject: string; readonly terminal?: boolean };

/** What `answerProposals` takes. */
export interface AnswerProposalsOptions {
  /** Called once for each proposal and counter-proposal of others, the newest. An error with code MODEL_FAILED leaves it unanswered. */
  readonly answer: (proposal: NegotiatedProposal, ctx: ParticipantContext) => ProposalAnswer | Promise<ProposalAnswer>;
}

/**
 * Answers the newest live proposal of others; its own counter-proposal, when the others accept that, is accepted too
 * (RFC-MACP-0008).
 */
export function answerProposals({ answer }: AnswerProposalsOptions): (participant: Participant) => void {
  return (participant) => {
    const done = new Set<string>();
    participant.onChange(async (ctx) => {
      const self = participant.participantId;
      const state = requireState<ProposalState>(ctx, MODE_PROPOSAL, 'answerProposals');
      const agreed = ownProposalThatOthersAccept(state, ctx);
      if (agreed !== undefined) await sendOnce(ctx, 'Accept', agreed, { proposalId: agreed, reason: 'my own proposal' });
      const newest = [...state.proposals.values()].findLast(({ disposition }) => disposition === 'Live');
      if (newest === undefined || newest.author === self || done.has(newest.proposalId) || isAnswered(state, newest, self)) return;
      const { proposalId } = newest;
      const given = await answerOrAbstain(ctx, () => answer(newest, ctx));
      if (given !== undefined) await send(ctx, proposalId, given);
      done.add(proposalId);
    });
  };
}

async function send(ctx: ParticipantContext, proposalId: string, answer: ProposalAnswer): Promise<void> {
  if ('accept' in answer) {
    await sendOnce(ctx, 'Accept', proposalId, { proposalId, reason: answer.reason ?? '' });
  } else if ('reject' in answer) {
    await sendOnce(ctx, 'Reject', proposalId, { proposalId, reason: answer.reject, terminal: answer.terminal ?? false });
  } else {
    const { sessionId } = ctx.session;
    const id = actionId(sessionId, ctx.participant.participantId, 'counter', proposalId);
    const { title, summary = '' } = answer.counter;
    await sendOnce(ctx, 'CounterProposal', proposalId, { proposalId: id, supersedesProposalId: proposalId, title, summary });
  }
}

/** What this agent has said of it before, perhaps in an earlier process. */
function isAnswered({ accepts, rejections, proposals }: ProposalState, { proposalId }: NegotiatedProposal, self: string): boolean {
  return (
    accepts.get(self)?.proposalId === proposalId ||
    rejections.some((rejection) => rejection.sender === self && rejection.proposalId === proposalId) ||
    [...proposals.values()].some(({ author, supersedesProposalId }) => author === self && supersedesProposalId === proposalId)
  );
}

function ownProposalThatOthersAccept({ proposals, accepts }: ProposalState, { participant, session }: ParticipantContext): string | undefined {
  const self = participant.participantId;
  if (!session.participants.includes(self)) return undefined;
  const others = session.participants.filter((name) => name !== self);
  const own = [...proposals.values()].filter(({ author, disposition }) => author === self && disposition === 'Live');
  return own.find(({ proposalId }) => accepts.get(self)?.proposalId !== proposalId && others.every((name) => accepts.get(name)?.proposalId === proposalId))
    ?.proposalId;
}
