import type { SessionBinding } from '../modes/mode.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import { explainCommitment } from './explain.js';

/** The verdict of the bound policy on a Commitment that passed the rules of its mode. */
export function checkPolicy(binding: SessionBinding, modeState: unknown, positive: boolean): Verdict {
  const { policy } = binding;
  const { allowed, reasons } = explainCommitment(policy, binding.mode, modeState, binding.participants, positive);
  return allowed ? ACCEPTED : refuse('POLICY_DENIED', `${binding.policyVersion}: ${reasons.join('; ')}`, reasons);
}
