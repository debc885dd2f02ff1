import { commitmentRulesOf } from '../policy/commitment-rules.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { SessionBinding } from './mode.js';

/** Who may commit: the initiator, and in the standard modes whom the bound policy names (modes.md §2.1). */
export function mayCommit(binding: SessionBinding, sender: string): boolean {
  return isGovernedMode(binding.mode) ? isCommitmentAuthority(binding, sender) : sender === binding.initiator;
}

/** Who may cancel, suspend and resume: the initiator, and whom the commitment authority delegates to (runtime.md §7.4). */
export function mayControl(binding: SessionBinding, sender: string): boolean {
  return sender === binding.initiator || isCommitmentAuthority(binding, sender);
}

/** True for the modes of the standards track, the only ones whose commitments a policy judges (modes.md §13.4). Their ids are reserved. */
export function isGovernedMode(mode: string): boolean {
  return mode.startsWith('macp.mode.');
}

export function authorizeCommitment(binding: SessionBinding, sender: string): Verdict {
  return mayCommit(binding, sender) ? ACCEPTED : refuse('FORBIDDEN', `${sender} has no authority to commit`);
}

export function authorizeParticipant(binding: SessionBinding, sender: string): Verdict {
  return binding.participants.includes(sender) ? ACCEPTED : refuse('FORBIDDEN', `${sender} is not a participant of this session`);
}

export function authorizeInitiator(binding: SessionBinding, sender: string, messageType: string): Verdict {
  return sender === binding.initiator ? ACCEPTED : refuse('FORBIDDEN', `only the initiator ${binding.initiator} may send ${messageType}`);
}

function isCommitmentAuthority(binding: SessionBinding, sender: string): boolean {
  const { authority, designatedRoles } = commitmentRulesOf(binding.policy);
  if (authority === 'designated_role') return designatedRoles.includes(sender);
  if (sender === binding.initiator) return true;
  return authority === 'any_participant' && binding.participants.includes(sender);
}
