import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { ModeDescriptor } from '../wire/discovery.js';
import type { CommitmentPayload } from '../wire/payloads.js';
import { authorizeCommitment, authorizeParticipant } from './authority.js';
import { checkCommitment } from './commitment.js';
import type { Mode } from './mode.js';

/** State of a session whose mode has no code here: its latest message. */
export interface PassThroughState {
  readonly phase: 'Open' | 'Committed';
  /** Undefined before the first message. Payload bytes are opaque. */
  readonly latest?: { readonly messageType: string; readonly sender: string; readonly payload: Uint8Array } | undefined;
}

/**
 * The handler of a dynamic extension mode (modes.md §9): it checks who sends and which type, and knows no payload but
 * the Commitment, which only the initiator may send. `strict` (default false) asks for participants and versions at
 * SessionStart, as promoted modes do.
 */
export function passThroughMode(descriptor: ModeDescriptor, options: { readonly strict?: boolean } = {}): Mode<PassThroughState> {
  const messageTypes = new Set(descriptor.messageTypes.filter((type) => type !== 'SessionStart'));
  return {
    descriptor,
    strictStart: options.strict ?? false,
    checkStart: () => ACCEPTED,
    initial: () => ({ phase: 'Open' }),
    authorize(_state, binding, sender, messageType) {
      if (messageType === 'Commitment') return authorizeCommitment(binding, sender);
      return binding.participants.length === 0 ? ACCEPTED : authorizeParticipant(binding, sender);
    },
    check(_state, binding, { messageType, payload }): Verdict {
      if (!messageTypes.has(messageType)) return refuse('INVALID_ENVELOPE', `${messageType} is not a message of ${descriptor.mode}`);
      return messageType === 'Commitment' ? checkCommitment(binding, payload as CommitmentPayload) : ACCEPTED;
    },
    apply(state, _binding, { messageType, sender, payload }) {
      if (messageType === 'Commitment') return { ...state, phase: 'Committed' };
      return { ...state, latest: { messageType, sender, payload: payload as Uint8Array } };
    },
  };
}
