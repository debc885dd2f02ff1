import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import { MODE_MULTI_ROUND } from './id.js';
import type { Mode, SessionBinding } from '../mode.js';
import { requireParticipants } from '../start.js';
import type { ContributePayload } from './messages.js';
import { INITIAL_MULTI_ROUND_STATE, type MultiRoundState } from './state.js';

/** Multi-round: participants contribute values until all are equal. An extension of the reference, without an RFC (modes.md §8). */
export const multiRoundMode: Mode<MultiRoundState> = {
  descriptor: describeMode({
    mode: MODE_MULTI_ROUND,
    title: 'Multi-round',
    description: 'Participants contribute values, round by round, until all values are equal.',
    determinismClass: 'semantic-deterministic',
    participantModel: 'peer',
    messageTypes: ['Contribute'],
  }),
  strictStart: true,
  checkStart: (start) => requireParticipants(start),
  initial: () => INITIAL_MULTI_ROUND_STATE,
  authorize: (_state, binding, sender, messageType) =>
    messageType === 'Commitment' ? authorizeCommitment(binding, sender) : authorizeParticipant(binding, sender),
  check(state, binding, { messageType, payload }) {
    switch (messageType) {
      case 'Contribute':
        return state.converged ? invalid('the values have converged: no further contributions') : ACCEPTED;
      case 'Commitment':
        // Readiness first: the one mode with this order.
        return state.converged ? checkCommitment(binding, payload as CommitmentPayload) : invalid('a Commitment needs equal values of all participants');
      default:
        return invalid(`${messageType} is not a message of the multi-round mode`);
    }
  },
  apply(state, binding, { messageType, sender, payload }) {
    if (messageType === 'Contribute') return contribute(state, binding, sender, (payload as ContributePayload).value);
    return messageType === 'Commitment' ? { ...state, phase: 'Committed' } : state;
  },
};

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

/** A repeated value is accepted without effect. */
function contribute(state: MultiRoundState, binding: SessionBinding, sender: string, value: string): MultiRoundState {
  if (state.values.get(sender) === value) return state;
  const values = new Map(state.values).set(sender, value);
  const converged = binding.participants.every((participant) => values.get(participant) === value);
  return { phase: converged ? 'Converged' : 'Contributing', round: state.round + 1, values, converged };
}
