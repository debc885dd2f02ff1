import { MODE_PROPOSAL, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateRequiredField } from '../validate.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { ProposalProjection } from './proposal-projection.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

/** What `propose` takes. */
export interface ProposalInput {
  readonly proposalId: string;
  readonly title: string;
  readonly summary?: string | undefined;
  readonly details?: BytesInput | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** What `counterPropose` takes. */
export interface CounterProposalInput {
  readonly proposalId: string;
  /** The proposal that this one answers. */
  readonly supersedesProposalId: string;
  readonly title: string;
  readonly summary?: string | undefined;
  readonly details?: BytesInput | undefined;
}

/** What `accept` and `withdraw` take. */
export interface ProposalAnswerInput {
  readonly proposalId: string;
  readonly reason?: string | undefined;
}

/** What `reject` takes. */
export interface ProposalRejectionInput extends ProposalAnswerInput {
  /** Ends the negotiation of this proposal for good; default false. */
  readonly terminal?: boolean | undefined;
}

/** A session of the proposal mode: proposals and counter-proposals until all accept the same (RFC-MACP-0008). */
export class ProposalSession extends Session<ProposalProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = { propose: 'Proposal', counterPropose: 'CounterProposal', accept: 'Accept', reject: 'Reject', withdraw: 'Withdraw' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_PROPOSAL, options, (source) => new ProposalProjection(source));
  }

  /** Puts a proposal up for negotiation. */
  propose(input: WithSender<ProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Proposal', input, options, () => ({ ...describe(input), tags: [...(input.tags ?? [])] }));
  }

  /** Answers a proposal with another one; a policy may limit the rounds. */
  counterPropose(input: WithSender<CounterProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('CounterProposal', input, options, () => ({
      ...describe(input),
      supersedesProposalId: validateRequiredField(input.supersedesProposalId, 'supersedesProposalId'),
    }));
  }

  /** Accepts a proposal; a later accept of another one replaces it. */
  accept(input: WithSender<ProposalAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Accept', input, options, () => answer(input));
  }

  /** Rejects a proposal, for good with `terminal`. */
  reject(input: WithSender<ProposalRejectionInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Reject', input, options, () => ({ ...answer(input), terminal: input.terminal ?? false }));
  }

  /** Takes back an own proposal. */
  withdraw(input: WithSender<ProposalAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Withdraw', input, options, () => answer(input));
  }
}

function describe(input: ProposalInput | CounterProposalInput): object {
  return {
    proposalId: validateRequiredField(input.proposalId, 'proposalId'),
    title: validateRequiredField(input.title, 'title'),
    summary: input.summary ?? '',
    details: toBytes(input.details),
  };
}

function answer(input: ProposalAnswerInput): object {
  return { proposalId: validateRequiredField(input.proposalId, 'proposalId'), reason: input.reason ?? '' };
}
