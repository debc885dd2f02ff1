import { findMode, isMacpError, parsePolicyDescriptor, type PolicyDefinition } from '@macp-agent/protocol';
import { buildCommitmentPayload, type CommitmentInput } from '../envelope.js';
import type { ParticipantContext } from './participant-context.js';

/** What the runtime would say to a commitment now, as far as this process can tell. */
export type Preflight =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly code: string; readonly message: string; readonly reasons: readonly string[] }
  | { readonly verdict: 'unknown' };

/** The policy that the session is bound to, from the runtime; undefined when it cannot be had or read. */
export async function fetchPolicy(ctx: ParticipantContext): Promise<PolicyDefinition | undefined> {
  const { policyVersion } = ctx.session.versions;
  try {
    const { auth } = ctx.participant;
    const parsed = parsePolicyDescriptor(await ctx.participant.client.getPolicy(policyVersion, { signal: ctx.signal, ...(auth !== undefined && { auth }) }));
    return parsed.ok ? parsed.policy : undefined;
  } catch (error) {
    if (!isMacpError(error) || error.code === 'ABORTED') throw error;
    ctx.log(`the policy ${policyVersion} cannot be read: ${error.code}`);
    return undefined;
  }
}

/**
 * Judges a commitment with the rules of the mode and the bound policy, as the runtime will (RFC-MACP-0003). It explains; it does
 * not decide: a runtime with newer rules may answer otherwise.
 */
export function preflightCommitment(ctx: ParticipantContext, policy: PolicyDefinition | undefined, input: CommitmentInput): Preflight {
  const { binding, modeState } = ctx.view;
  const mode = findMode(binding.mode, binding.modeVersion);
  if (mode === undefined || policy === undefined) return { verdict: 'unknown' };
  const bound = { ...binding, policy };
  const sender = ctx.participant.participantId;
  const payload = buildCommitmentPayload(input, ctx.session.versions);
  const allowed = mode.authorize(modeState, bound, sender, 'Commitment');
  const verdict = allowed.accepted ? mode.check(modeState, bound, { messageType: 'Commitment', sender, payload, atUnixMs: Date.now() }) : allowed;
  if (verdict.accepted) return { verdict: 'accept' };
  return { verdict: 'refuse', code: verdict.code, message: verdict.message, reasons: verdict.reasons ?? [] };
}
