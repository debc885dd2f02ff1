import { mayCommit } from '../modes/authority.js';
import type { SessionView } from '../replay.js';
import { ACCEPTED, refuse, type Verdict } from '../verdict.js';
import type { PartialFields } from '../wire/message.js';
import { CommitmentPayload } from '../wire/payloads.js';
import type { PolicyDefinition } from './definition.js';

/**
 * What the runtime would say to this Commitment now, judged from a client's own fold and the policy it fetched.
 * Advice, not a promise: other messages may arrive first.
 *
 * Refuses with SESSION_NOT_OPEN, FORBIDDEN, INVALID_ENVELOPE or POLICY_DENIED, with the reasons. A view whose mode this
 * package does not know passes. `atUnixMs` is when the Commitment will arrive, for offers that a timeout accepts;
 * by default late enough for all of them.
 */
export function preflightCommitment(
  view: SessionView,
  policy: PolicyDefinition | undefined,
  sender: string,
  commitment: PartialFields<CommitmentPayload>,
  options: { readonly atUnixMs?: number } = {},
): Verdict {
  if (view.state !== 'OPEN') return refuse('SESSION_NOT_OPEN', `the session ${view.binding.sessionId} is ${view.state.toLowerCase()}`);
  if (view.mode === undefined) return ACCEPTED;
  const binding = { ...view.binding, policy: policy ?? view.binding.policy };
  if (!mayCommit(binding, sender)) return refuse('FORBIDDEN', `${sender} has no authority to commit`);
  const payload = CommitmentPayload.decode(CommitmentPayload.encode(commitment));
  return view.mode.check(view.modeState, binding, { messageType: 'Commitment', sender, payload, atUnixMs: options.atUnixMs ?? Number.POSITIVE_INFINITY });
}
