import { checkPolicy } from '../../policy/check.js';
import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeInitiator, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_HANDOFF } from './id.js';
import type { Mode, ModeMessage, SessionBinding } from '../mode.js';
import type { HandoffAcceptPayload, HandoffContextPayload, HandoffDeclinePayload, HandoffOfferPayload } from './messages.js';
import { handoffPolicy, handoffRulesOf } from './policy.js';
import { INITIAL_HANDOFF_STATE, withImplicitAccepts, withOffer, type HandoffOffer, type HandoffState } from './state.js';

/** Handoff: the owner offers a responsibility to one participant at a time (RFC-MACP-0010; modes.md §6). */
export const handoffMode: Mode<HandoffState> = {
  descriptor: describeMode({
    mode: MODE_HANDOFF,
    title: 'Handoff',
    description: 'The owner offers a responsibility with its context; the target accepts or declines.',
    determinismClass: 'context-frozen',
    participantModel: 'delegated',
    messageTypes: ['HandoffOffer', 'HandoffContext', 'HandoffAccept', 'HandoffDecline'],
  }),
  strictStart: true,
  checkStart(start, initiator) {
    if (start.participants.length < 2) return invalid('a handoff needs at least two participants');
    return start.participants.includes(initiator) ? ACCEPTED : invalid('the initiator of a handoff must be a participant');
  },
  initial: () => INITIAL_HANDOFF_STATE,
  authorize(_state, binding, sender, messageType) {
    if (messageType === 'Commitment') return authorizeCommitment(binding, sender);
    return messageType === 'HandoffOffer' ? authorizeInitiator(binding, sender, messageType) : authorizeParticipant(binding, sender);
  },
  check,
  apply,
};

function check(state: HandoffState, binding: SessionBinding, message: ModeMessage): Verdict {
  const { sender } = message;
  switch (message.messageType) {
    case 'HandoffOffer':
      return checkOffer(state, binding, sender, message.payload as HandoffOfferPayload);
    case 'HandoffContext': {
      const { handoffId } = message.payload as HandoffContextPayload;
      const offer = state.offers.get(handoffId);
      if (offer === undefined) return invalid(`the offer ${handoffId} is not known`);
      return offer.sender === sender ? ACCEPTED : refuse('FORBIDDEN', `only ${offer.sender} may add context to the offer ${handoffId}`);
    }
    case 'HandoffAccept': {
      const { handoffId, acceptedBy, implicit } = message.payload as HandoffAcceptPayload;
      const verdict = checkAnswer(state, sender, handoffId, acceptedBy, 'accepted_by');
      return verdict.accepted && implicit ? invalid('implicit is for the runtime: leave it false') : verdict;
    }
    case 'HandoffDecline': {
      const { handoffId, declinedBy } = message.payload as HandoffDeclinePayload;
      return checkAnswer(state, sender, handoffId, declinedBy, 'declined_by');
    }
    case 'Commitment':
      return checkOutcome(state, binding, message);
    default:
      return invalid(`${message.messageType} is not a message of the handoff mode`);
  }
}

function checkOffer(state: HandoffState, binding: SessionBinding, sender: string, payload: HandoffOfferPayload): Verdict {
  const { handoffId, targetParticipant: target } = payload;
  if (handoffId === '' || target === '') return invalid('a HandoffOffer needs handoff_id and target_participant');
  if (state.offers.has(handoffId)) return invalid(`the offer ${handoffId} exists`);
  if (target === sender) return invalid('an offer to oneself hands nothing over');
  if (!binding.participants.includes(target)) return invalid(`the target ${target} is not a participant`);
  const pending = findOffer(state, 'Offered');
  if (pending !== undefined) return invalid(`the offer ${pending.handoffId} is pending`);
  const accepted = findOffer(state, 'Accepted');
  return accepted === undefined ? ACCEPTED : invalid(`the offer ${accepted.handoffId} was accepted`);
}

function checkAnswer(state: HandoffState, sender: string, handoffId: string, by: string, field: string): Verdict {
  const offer = state.offers.get(handoffId);
  if (offer === undefined) return invalid(`the offer ${handoffId} is not known`);
  if (offer.target !== sender) return refuse('FORBIDDEN', `the offer ${handoffId} is for ${offer.target}`);
  if (by !== '' && by !== sender) return invalid(`${field} must be empty or ${sender}`);
  return offer.disposition === 'Offered' ? ACCEPTED : invalid(`the offer ${handoffId} is ${offer.disposition.toLowerCase()} already`);
}

function checkOutcome(state: HandoffState, binding: SessionBinding, message: ModeMessage): Verdict {
  const payload = message.payload as CommitmentPayload;
  const verdict = checkCommitment(binding, payload);
  if (!verdict.accepted) return verdict;
  const decided = decidedBy(state, binding, message.atUnixMs);
  const accepted = findOffer(decided, 'Accepted') !== undefined;
  if (!accepted && findOffer(decided, 'Declined') === undefined) return invalid('a Commitment needs an accepted or a declined offer');
  // As the reference from 0.14.0 on (M-9).
  if (payload.outcomePositive && !accepted) return invalid('a positive Commitment needs an accepted offer');
  return checkPolicy(handoffPolicy, binding, decided, payload.outcomePositive);
}

function findOffer(state: HandoffState, disposition: HandoffOffer['disposition']): HandoffOffer | undefined {
  return [...state.offers.values()].find((offer) => offer.disposition === disposition);
}

const decidedBy = (state: HandoffState, binding: SessionBinding, atUnixMs: number): HandoffState =>
  withImplicitAccepts(state, handoffRulesOf(binding.policy).implicitAcceptTimeoutMs, atUnixMs);
const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

function apply(state: HandoffState, binding: SessionBinding, message: ModeMessage): HandoffState {
  const { sender, atUnixMs } = message;
  switch (message.messageType) {
    case 'HandoffOffer': {
      const { handoffId, targetParticipant: target, scope, reason } = message.payload as HandoffOfferPayload;
      return withOffer(state, { handoffId, sender, target, scope, reason, disposition: 'Offered', offeredAtUnixMs: atUnixMs, implicit: false, contexts: [] });
    }
    case 'HandoffContext': {
      const { handoffId, contentType, context } = message.payload as HandoffContextPayload;
      const offer = state.offers.get(handoffId);
      if (offer === undefined) return state;
      const contexts = [...offer.contexts, { contentType, context, atUnixMs }];
      return { ...state, offers: new Map(state.offers).set(handoffId, { ...offer, contexts }) };
    }
    case 'HandoffAccept': {
      // Newer runtimes put the timeout into history as an accept with implicit = true.
      const { handoffId, implicit } = message.payload as HandoffAcceptPayload;
      return decide(state, handoffId, { disposition: 'Accepted', implicit, decidedAtUnixMs: atUnixMs });
    }
    case 'HandoffDecline':
      return decide(state, (message.payload as HandoffDeclinePayload).handoffId, { disposition: 'Declined', implicit: false, decidedAtUnixMs: atUnixMs });
    case 'Commitment':
      return { ...decidedBy(state, binding, atUnixMs), phase: 'Committed' };
    default:
      return state;
  }
}

function decide(state: HandoffState, handoffId: string, answer: Pick<HandoffOffer, 'disposition' | 'implicit' | 'decidedAtUnixMs'>): HandoffState {
  const offer = state.offers.get(handoffId);
  return offer === undefined ? state : withOffer(state, { ...offer, ...answer });
}
