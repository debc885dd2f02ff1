import { MacpError, preflightCommitment, type PolicyDefinition } from '@macp-agent/protocol';
import { buildCommitmentPayload, type CommitmentInput } from '../envelope.js';
import { fetchPolicy } from './commit-preflight.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';

/** What `commitWhenReady` takes. */
export interface CommitWhenReadyOptions {
  /** Called once, when the session is ready for an outcome. `{ cancel: reason }` cancels the session instead. */
  readonly decide: (ctx: ParticipantContext) => CommitmentInput | { readonly cancel: string } | Promise<CommitmentInput | { readonly cancel: string }>;
}

/**
 * Commits once the mode and the bound policy let it: when a proposal is accepted by all or rejected for good, a task reported, an offer
 * answered, a quorum reached or out of reach, or all values are equal. An accept by timeout is not waited for. In the decision
 * mode one proposal is enough for that; `commitAfterVotes` waits for the votes.
 */
export function commitWhenReady({ decide }: CommitWhenReadyOptions): (participant: Participant) => void {
  return (participant) => {
    let decided: Promise<CommitmentInput | { readonly cancel: string }> | undefined;
    let done = false;
    participant.onChange(async (ctx) => {
      if (done || ctx.view.state !== 'OPEN') return;
      if (decided === undefined && !isReady(ctx, await fetchPolicy(ctx))) return;
      // Asked once, also when a suspended session makes the rest of the turn start over.
      decided ??= (async () => decide(ctx))();
      const outcome = await decided;
      if ('cancel' in outcome) await ctx.actions.cancel(outcome.cancel);
      else await ctx.actions.commit(outcome);
      done = true;
    });
  };
}

const DRAFT = { action: 'draft', authorityScope: 'draft', reason: 'draft' };

/** True when a commitment of either outcome would pass. */
function isReady({ view, session, participant }: ParticipantContext, policy: PolicyDefinition | undefined): boolean {
  if (view.mode === undefined) throw new MacpError('INVALID_OPTIONS', `commitWhenReady: the rules of ${session.mode} are not known here; commit by a handler`);
  return [true, false].some((outcomePositive) => {
    const draft = buildCommitmentPayload({ ...DRAFT, outcomePositive }, session.versions);
    return preflightCommitment(view, policy, participant.participantId, draft, { atUnixMs: 0 }).accepted;
  });
}
