import type { SessionBinding } from '../modes/mode.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import { judgeCommitment } from './judge.js';
import type { ModePolicy } from './mode-policy.js';

/** The verdict of the bound policy on a Commitment that passed the rules of its mode. */
export function checkPolicy(rules: ModePolicy, binding: SessionBinding, modeState: unknown, positive: boolean): Verdict {
  if (binding.policy === undefined) return ACCEPTED;
  const { allowed, reasons } = judgeCommitment(rules, binding.policy, modeState, binding.participants, positive);
  return allowed ? ACCEPTED : refuse('POLICY_DENIED', `${binding.policyVersion}: ${reasons.join('; ')}`, reasons);
}
