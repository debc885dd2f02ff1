import { MODE_QUORUM, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { MacpSessionError } from '../errors.js';
import { validateRequiredField } from '../validate.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { QuorumProjection } from './quorum-projection.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

/** What `requestApproval` takes. */
export interface ApprovalRequestInput {
  readonly requestId: string;
  readonly action: string;
  readonly summary: string;
  readonly details?: BytesInput | undefined;
  /** At least 1. */
  readonly requiredApprovals: number;
}

/** What `approve`, `reject` and `abstain` take. */
export interface BallotInput {
  readonly requestId: string;
  readonly reason?: string | undefined;
}

/** A session of the quorum mode: the initiator asks for approval, participants cast one ballot each (RFC-MACP-0011). */
export class QuorumSession extends Session<QuorumProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = { requestApproval: 'ApprovalRequest', approve: 'Approve', reject: 'Reject', abstain: 'Abstain' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_QUORUM, options, (source) => new QuorumProjection(source));
  }

  /** Asks for approval; the initiator does, once in a session. */
  requestApproval(input: WithSender<ApprovalRequestInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('ApprovalRequest', input, options, () => ({
      requestId: validateRequiredField(input.requestId, 'requestId'),
      action: validateRequiredField(input.action, 'action'),
      summary: validateRequiredField(input.summary, 'summary'),
      details: toBytes(input.details),
      requiredApprovals: validateRequiredApprovals(input.requiredApprovals),
    }));
  }

  /** Casts the ballot of this participant, for the request; there is one for each. */
  approve(input: WithSender<BallotInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.#cast('Approve', input, options);
  }

  /** As `approve`, against the request. */
  reject(input: WithSender<BallotInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.#cast('Reject', input, options);
  }

  /** As `approve`, for neither side; the policy says how it counts. */
  abstain(input: WithSender<BallotInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.#cast('Abstain', input, options);
  }

  #cast(messageType: string, input: WithSender<BallotInput>, options: VerbOptions): Promise<Ack> {
    return this.sendVerb(messageType, input, options, () => ({
      requestId: validateRequiredField(input.requestId, 'requestId'),
      reason: input.reason ?? '',
    }));
  }
}

function validateRequiredApprovals(requiredApprovals: number): number {
  if (Number.isInteger(requiredApprovals) && requiredApprovals >= 1) return requiredApprovals;
  throw new MacpSessionError(`requiredApprovals must be a whole number from 1, got ${requiredApprovals}`);
}
