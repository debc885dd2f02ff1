import { MODE_HANDOFF, type Ack } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { validateRequiredField } from '../validate.js';
import { toBytes, type BytesInput } from './bytes-input.js';
import { HandoffProjection } from './handoff-projection.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

/** What `offer` takes. */
export interface HandoffOfferInput {
  readonly handoffId: string;
  readonly targetParticipant: string;
  readonly scope?: string | undefined;
  readonly reason?: string | undefined;
}

/** What `addContext` takes. */
export interface HandoffContextInput {
  readonly handoffId: string;
  readonly contentType: string;
  readonly context?: BytesInput | undefined;
}

/** What `acceptHandoff` takes. */
export interface HandoffAcceptInput {
  readonly handoffId: string;
  /** Default: the sender. */
  readonly acceptedBy?: string | undefined;
  readonly reason?: string | undefined;
}

/** What `decline` takes. */
export interface HandoffDeclineInput {
  readonly handoffId: string;
  /** Default: the sender. */
  readonly declinedBy?: string | undefined;
  readonly reason?: string | undefined;
}

/** A session of the handoff mode: the initiator offers responsibility, the target accepts or declines (RFC-MACP-0010). */
export class HandoffSession extends Session<HandoffProjection> {
  /** The message type that each verb sends. */
  static readonly verbs = { offer: 'HandoffOffer', addContext: 'HandoffContext', acceptHandoff: 'HandoffAccept', decline: 'HandoffDecline' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_HANDOFF, options, (source) => new HandoffProjection(source));
  }

  /** Offers responsibility to one participant. */
  offer(input: WithSender<HandoffOfferInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('HandoffOffer', input, options, () => ({
      handoffId: validateRequiredField(input.handoffId, 'handoffId'),
      targetParticipant: validateRequiredField(input.targetParticipant, 'targetParticipant'),
      scope: input.scope ?? '',
      reason: input.reason ?? '',
    }));
  }

  /** Adds what the target should know to an open offer. */
  addContext(input: WithSender<HandoffContextInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('HandoffContext', input, options, () => ({
      handoffId: validateRequiredField(input.handoffId, 'handoffId'),
      contentType: input.contentType,
      context: toBytes(input.context),
    }));
  }

  /** Says so itself: acceptance by a timeout is the runtime's to find (RFC-MACP-0010 §5.1), so `implicit` is never sent. */
  acceptHandoff(input: WithSender<HandoffAcceptInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('HandoffAccept', input, options, () => ({
      handoffId: validateRequiredField(input.handoffId, 'handoffId'),
      acceptedBy: input.acceptedBy ?? '',
      reason: input.reason ?? '',
      implicit: false,
    }));
  }

  /** Declines an offer; the initiator may offer again. */
  decline(input: WithSender<HandoffDeclineInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('HandoffDecline', input, options, () => ({
      handoffId: validateRequiredField(input.handoffId, 'handoffId'),
      declinedBy: input.declinedBy ?? '',
      reason: input.reason ?? '',
    }));
  }
}
