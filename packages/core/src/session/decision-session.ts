import { MODE_DECISION, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateConfidence, validateRecommendation, validateRequiredField, validateSeverity, validateVote } from '../validate.js';
import { DecisionProjection } from './decision-projection.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

/** What `propose` takes. */
export interface DecisionProposalInput {
  readonly proposalId: string;
  readonly option: string;
  readonly rationale?: string | undefined;
  readonly supportingData?: BytesInput | undefined;
}

/** What `evaluate` takes. */
export interface EvaluationInput {
  readonly proposalId: string;
  /** APPROVE, REVIEW, BLOCK or REJECT, in any case. */
  readonly recommendation: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly reason?: string | undefined;
}

/** What `raiseObjection` takes. */
export interface ObjectionInput {
  readonly proposalId: string;
  readonly reason: string;
  /** low, medium, high or critical, in any case; default medium. */
  readonly severity?: string | undefined;
}

/** What `vote` takes. */
export interface VoteInput {
  readonly proposalId: string;
  /** APPROVE, REJECT or ABSTAIN, in any case. */
  readonly vote: string;
  readonly reason?: string | undefined;
}

/** A session of the decision mode: participants propose, evaluate, object and vote, one commitment ends it (RFC-MACP-0007). */
export class DecisionSession extends Session<DecisionProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = { propose: 'Proposal', evaluate: 'Evaluation', raiseObjection: 'Objection', vote: 'Vote' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_DECISION, options, (source) => new DecisionProjection(source));
  }

  /** Puts an option up for decision. Also takes the decoded kickoff payload of a bootstrap. */
  propose(input: WithSender<DecisionProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Proposal', input, options, () => ({
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      option: validateRequiredField(input.option, 'option'),
      rationale: input.rationale ?? '',
      supportingData: toBytes(input.supportingData),
    }));
  }

  /** Says what this participant thinks of a proposal; before the first vote (RFC-MACP-0007). */
  evaluate(input: WithSender<EvaluationInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Evaluation', input, options, () => ({
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      recommendation: validateRecommendation(input.recommendation),
      confidence: validateConfidence(input.confidence),
      reason: input.reason ?? '',
    }));
  }

  /** Objects to a proposal; under some policies one of severity critical vetoes it (RFC-MACP-0012). */
  raiseObjection(input: WithSender<ObjectionInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Objection', input, options, () => ({
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      reason: input.reason,
      severity: validateSeverity(input.severity ?? 'medium'),
    }));
  }

  /** One vote per sender and proposal. */
  vote(input: WithSender<VoteInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Vote', input, options, () => ({
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      vote: validateVote(input.vote),
      reason: input.reason ?? '',
    }));
  }
}
