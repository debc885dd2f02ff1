import { MODE_PROPOSAL, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateRequiredField } from '../validate.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { ProposalProjection } from './proposal-projection.js';
import { Session, withInput, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

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
  async propose(input: WithSender<ProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = { ...describe(input), tags: [...(input.tags ?? [])] };
    return await this.send('Proposal', payload, withInput(input, options));
  }

  /** Answers a proposal with another one; a policy may limit the rounds. */
  async counterPropose(input: WithSender<CounterProposalInput>, options: VerbOptions = {}): Promise<Ack> {
    const payload = { ...describe(input), supersedesProposalId: validateRequiredField(input.supersedesProposalId, 'supersedesProposalId') };
    return await this.send('CounterProposal', payload, withInput(input, options));
  }

  /** Accepts a proposal; a later accept of another one replaces it. */
  async accept(input: WithSender<ProposalAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return await this.send('Accept', answer(input), withInput(input, options));
  }

  /** Rejects a proposal, for good with `terminal`. */
  async reject(input: WithSender<ProposalRejectionInput>, options: VerbOptions = {}): Promise<Ack> {
    return await this.send('Reject', { ...answer(input), terminal: input.terminal ?? false }, withInput(input, options));
  }

  /** Takes back an own proposal. */
  async withdraw(input: WithSender<ProposalAnswerInput>, options: VerbOptions = {}): Promise<Ack> {
    return await this.send('Withdraw', answer(input), withInput(input, options));
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
