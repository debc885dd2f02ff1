import { MODE_DECISION, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateConfidence, validateRecommendation, validateRequiredField, validateSeverity, validateVote } from '../validate.js';
import { DecisionProjection } from './decision-projection.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { Session, withInput, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

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
  async propose(input: WithSender<DecisionProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = {
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      option: validateRequiredField(input.option, 'option'),
      rationale: input.rationale ?? '',
      supportingData: toBytes(input.supportingData),
    };
    return await this.send('Proposal', payload, withInput(input, options));
  }

  /** Says what this participant thinks of a proposal; before the first vote (RFC-MACP-0007). */
  async evaluate(input: WithSender<EvaluationInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = {
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      recommendation: validateRecommendation(input.recommendation),
      confidence: validateConfidence(input.confidence),
      reason: input.reason ?? '',
    };
    return await this.send('Evaluation', payload, withInput(input, options));
  }

  /** Objects to a proposal; under some policies one of severity critical vetoes it (RFC-MACP-0012). */
  async raiseObjection(input: WithSender<ObjectionInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = {
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      reason: input.reason,
      severity: validateSeverity(input.severity ?? 'medium'),
    };
    return await this.send('Objection', payload, withInput(input, options));
  }

  /** One vote per sender and proposal. */
  async vote(input: WithSender<VoteInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = {
      proposalId: validateRequiredField(input.proposalId, 'proposalId'),
      vote: validateVote(input.vote),
      reason: input.reason ?? '',
    };
    return await this.send('Vote', payload, withInput(input, options));
  }
}
