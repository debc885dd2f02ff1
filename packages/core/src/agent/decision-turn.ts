import { MacpError, type Ack, type DecisionEvaluation, type DecisionObjection, type DecisionProposal, type DecisionState } from '@macp-agent/protocol';
import { senderFor } from '../auth.js';
import { buildEnvelope } from '../envelope.js';
import { MacpAckError } from '../errors.js';
import { actionId } from './action-id.js';
import { refusedReport } from './agent-report.js';
import type { ParticipantContext } from './participant-context.js';

/** Key of `participant.finished` for the proposals that are evaluated, or will not be. */
export const EVALUATION = 'evaluation';

/** The decision state; INVALID_OPTIONS when a decision strategy is used in another mode. */
export function requireDecision(ctx: ParticipantContext, strategy: string): DecisionState {
  if (ctx.decision !== undefined) return ctx.decision;
  throw new MacpError('INVALID_OPTIONS', `${strategy} needs the decision mode; session ${ctx.session.sessionId} has ${ctx.session.mode}`);
}

/**
 * Sends a message that this agent sends once for a subject, with an id that says so: started again, it cannot send it twice.
 * Refusals are reported and thrown.
 */
export async function sendOnce(ctx: ParticipantContext, messageType: string, subject: string, payload: object): Promise<Ack> {
  const { participant, session, signal } = ctx;
  const { sessionId, mode } = session;
  const envelope = buildEnvelope({
    mode,
    messageType,
    sessionId,
    payload,
    sender: senderFor(participant.auth),
    messageId: actionId(sessionId, participant.participantId, messageType, subject),
  });
  try {
    // A stream gives no echo of a message that was accepted before; Send answers that it is a duplicate. Where the runtime has lost
    // count, `auto` comes to Send too, after half of the time limit.
    return await participant.session.sendEnvelope(envelope, { signal, via: participant.sentBefore ? 'unary' : 'auto' });
  } catch (error) {
    if (error instanceof MacpAckError) participant.report(refusedReport(error, messageType));
    throw error;
  }
}

export const ownEvaluation = (decision: DecisionState, self: string, proposalId: string): DecisionEvaluation | undefined =>
  decision.evaluations.find((evaluation) => evaluation.sender === self && evaluation.proposalId === proposalId);

export const hasVoted = (decision: DecisionState, sender: string, proposalId: string): boolean => decision.votes.get(proposalId)?.has(sender) === true;

export const objectionsTo = (decision: DecisionState, proposalId: string): readonly DecisionObjection[] =>
  decision.objections.filter((objection) => objection.proposalId === proposalId);

/** The latest evaluation of each sender. */
export function latestEvaluations(decision: DecisionState, proposalId: string): readonly DecisionEvaluation[] {
  const latest = new Map<string, DecisionEvaluation>();
  for (const evaluation of decision.evaluations) if (evaluation.proposalId === proposalId) latest.set(evaluation.sender, evaluation);
  return [...latest.values()];
}

/** Proposals of others, in the order of their acceptance. */
export const foreignProposals = (decision: DecisionState, self: string): readonly DecisionProposal[] =>
  [...decision.proposals.values()].filter(({ sender }) => sender !== self);

/** What agents thought of proposals, whether or not the session still took their evaluations. */
const assessments = new WeakMap<object, Map<string, DecisionEvaluation>>();

/** Keeps an agent's own assessment for its vote: one that came too late to be sent still counts for itself. */
export function rememberAssessment(participant: object, evaluation: DecisionEvaluation): void {
  const own = assessments.get(participant) ?? new Map<string, DecisionEvaluation>();
  assessments.set(participant, own.set(evaluation.proposalId, evaluation));
}

/** What this agent thinks of a proposal: the evaluation it sent, else the one that came too late. */
export function ownAssessment(decision: DecisionState, participant: { readonly participantId: string }, proposalId: string): DecisionEvaluation | undefined {
  return ownEvaluation(decision, participant.participantId, proposalId) ?? assessments.get(participant)?.get(proposalId);
}
