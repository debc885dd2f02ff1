import { isMacpError, type DecisionProposal } from '@macp-agent/protocol';
import { validateConfidence, validateRecommendation, validateSeverity } from '../validate.js';
import { EVALUATION, foreignProposals, ownEvaluation, rememberAssessment, requireDecision, sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';

/** What an agent thinks of a proposal. */
export interface Evaluation {
  readonly recommendation: 'APPROVE' | 'REVIEW' | 'BLOCK' | 'REJECT';
  /** 0 to 1. */
  readonly confidence: number;
  readonly reason: string;
  /** Sent as an Objection before the Evaluation; severity `critical` can veto. */
  readonly objection?: { readonly severity: 'low' | 'medium' | 'high' | 'critical'; readonly reason: string };
}

/** What `evaluateProposals` takes. */
export interface EvaluateProposalsOptions {
  /** Called once for each proposal of somebody else. An error with code MODEL_FAILED means: abstain. */
  readonly evaluate: (proposal: DecisionProposal, ctx: ParticipantContext) => Evaluation | Promise<Evaluation>;
}

/** Reasons longer than this are cut. */
const MAX_REASON_LENGTH = 500;

/**
 * Evaluates each proposal of others once. An Evaluation must come before the first Vote: one that comes later is
 * not sent, stays this agent's own ground for its vote, and is reported. When the model fails, the agent abstains and reports it.
 */
export function evaluateProposals(options: EvaluateProposalsOptions): (participant: Participant) => void {
  return (participant) => {
    const done = new Set<string>();
    participant.finished.set(EVALUATION, done);
    participant.onChange(async (ctx) => {
      const self = participant.participantId;
      for (const proposal of foreignProposals(requireDecision(ctx, 'evaluateProposals'), self)) {
        const { proposalId } = proposal;
        if (done.has(proposalId) || ownEvaluation(requireDecision(ctx, 'evaluateProposals'), self, proposalId) !== undefined) continue;
        await evaluateOne(proposal, options, ctx);
        done.add(proposalId);
        // An abstention changes nothing that others could see.
        participant.poke();
      }
    });
  };
}

async function evaluateOne(proposal: DecisionProposal, { evaluate }: EvaluateProposalsOptions, ctx: ParticipantContext): Promise<void> {
  const { proposalId } = proposal;
  let evaluation: Evaluation;
  try {
    evaluation = await evaluate(proposal, ctx);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'MODEL_FAILED') throw error;
    ctx.participant.report({ type: 'abstained', reason: error.message });
    ctx.log(`no evaluation of ${proposalId}: ${error.message}`);
    return;
  }
  const { recommendation, confidence, reason } = evaluation;
  rememberAssessment(ctx.participant, { proposalId, recommendation, confidence, reason, sender: ctx.participant.participantId });
  if (requireDecision(ctx, 'evaluateProposals').phase !== 'Evaluation') {
    ctx.participant.report({ type: 'abstained', reason: `the vote on ${proposalId} began before its evaluation was ready` });
    return;
  }
  try {
    await send(proposalId, evaluation, ctx);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'INVALID_ENVELOPE') throw error;
    // Refused already in the report; somebody voted while this agent was thinking.
    ctx.participant.report({ type: 'abstained', reason: `the evaluation of ${proposalId} came too late or was not valid: ${error.message}` });
  }
}

async function send(proposalId: string, evaluation: Evaluation, ctx: ParticipantContext): Promise<void> {
  const { objection } = evaluation;
  if (objection !== undefined) {
    await sendOnce(ctx, 'Objection', proposalId, { proposalId, severity: validateSeverity(objection.severity), reason: cut(objection.reason) });
  }
  await sendOnce(ctx, 'Evaluation', proposalId, {
    proposalId,
    recommendation: validateRecommendation(evaluation.recommendation),
    confidence: validateConfidence(evaluation.confidence),
    reason: cut(evaluation.reason),
  });
}

const cut = (text: string): string => text.slice(0, MAX_REASON_LENGTH);
