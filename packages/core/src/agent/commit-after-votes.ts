import {
  isMacpError,
  type DecisionEvaluation,
  type DecisionObjection,
  type DecisionProposal,
  type DecisionState,
  type PolicyDefinition,
} from '@macp-agent/protocol';
import type { CommitmentInput } from '../envelope.js';
import { MacpAckError } from '../errors.js';
import { validateVote } from '../validate.js';
import { preflightCommitment, fetchPolicy } from './commit-preflight.js';
import { hasVoted, latestEvaluations, objectionsTo, requireDecision, sendOnce } from './decision-turn.js';
import type { Participant } from './participant.js';
import type { ParticipantContext } from './participant-context.js';
import type { VoteAnswer } from './vote-after-peers.js';

/** What is known when the decision is due. */
export interface VoteResult {
  readonly proposal: DecisionProposal;
  /** Votes on this proposal, own one excluded. */
  readonly votes: readonly { readonly sender: string; readonly vote: string; readonly reason: string }[];
  /** The latest evaluation of each sender. */
  readonly evaluations: readonly DecisionEvaluation[];
  readonly objections: readonly DecisionObjection[];
  /** Other participants who have not voted in time. */
  readonly missing: readonly string[];
  /** Voting rules of the bootstrap, `execution.policyHints`. */
  readonly policyHints: Readonly<Record<string, unknown>>;
}

/** The outcome to commit. */
export interface DecisionAnswer {
  readonly action: string;
  readonly outcomePositive: boolean;
  readonly reason: string;
  /** Own vote, sent before the commitment. Default: none. */
  readonly vote?: VoteAnswer;
  readonly authorityScope: string;
}

/** What `commitAfterVotes` takes. */
export interface CommitAfterVotesOptions {
  /** Called once, when the votes are in. `{ cancel: reason }` cancels the session instead. */
  readonly decide: (
    tally: VoteResult,
    ctx: ParticipantContext,
  ) => DecisionAnswer | { readonly cancel: string } | Promise<DecisionAnswer | { readonly cancel: string }>;
  /** How long to wait for the votes of the others, in milliseconds from the proposal. Default RISK_DECIDER_WAIT_ALL_TIMEOUT_MS, else 20 000. */
  readonly voteWaitMs?: number;
  /** Called after the votes are in and before `decide`, e.g. to suspend the session for a check by people. */
  readonly beforeDeciding?: (ctx: ParticipantContext) => Promise<void>;
}

const VOTE_WAIT_MS = 20_000;

/**
 * Decides on the first own proposal (else the first): waits until every other participant has voted or the wait is over, sends its own
 * vote, and commits once that is acknowledged. Too few votes, and a commitment that the policy denies, cancel the session with the
 * reason; a commitment despite missing votes names them.
 */
export function commitAfterVotes(options: CommitAfterVotesOptions): (participant: Participant) => void {
  return (participant) => {
    const waitMs = options.voteWaitMs ?? participant.bootstrap?.timing.voteWaitMs ?? VOTE_WAIT_MS;
    let waiting = false;
    let late = false;
    let prepared = false;
    let decided: Promise<DecisionAnswer | { readonly cancel: string }> | undefined;
    let done = false;
    participant.onChange(async (ctx) => {
      const proposal = proposalOf(requireDecision(ctx, 'commitAfterVotes'), participant.participantId);
      if (proposal === undefined || done) return;
      if (!waiting) {
        waiting = true;
        ctx.after(waitMs, () => {
          late = true;
          participant.poke();
        });
      }
      if (!late && missingVotes(ctx, proposal).length > 0) return;
      if (!prepared) {
        await options.beforeDeciding?.(ctx);
        prepared = true;
      }
      const missing = missingVotes(ctx, proposal);
      const policy = await fetchPolicy(ctx);
      const tooFew = describeTooFew(ctx, policy, missing);
      // Asked once, also when a suspended session makes the rest of the turn start over.
      decided ??= tooFew === undefined ? (async () => options.decide(tally(ctx, proposal, missing), ctx))() : Promise.resolve({ cancel: tooFew });
      const decision = await decided;
      if ('cancel' in decision) await ctx.actions.cancel(decision.cancel);
      else await commit(ctx, proposal, policy, decision, missing);
      done = true;
    });
  };
}

function proposalOf({ proposals }: DecisionState, self: string): DecisionProposal | undefined {
  const all = [...proposals.values()];
  return all.find(({ sender }) => sender === self) ?? all[0];
}

const others = (ctx: ParticipantContext): readonly string[] => ctx.session.participants.filter((name) => name !== ctx.participant.participantId);

function missingVotes(ctx: ParticipantContext, { proposalId }: DecisionProposal): readonly string[] {
  const decision = requireDecision(ctx, 'commitAfterVotes');
  return others(ctx).filter((name) => !hasVoted(decision, name, proposalId));
}

function tally(ctx: ParticipantContext, proposal: DecisionProposal, missing: readonly string[]): VoteResult {
  const decision = requireDecision(ctx, 'commitAfterVotes');
  const { proposalId } = proposal;
  const cast = [...(decision.votes.get(proposalId) ?? [])].filter(([sender]) => sender !== ctx.participant.participantId);
  return {
    proposal,
    votes: cast.map(([sender, { vote, reason }]) => ({ sender, vote, reason })),
    evaluations: latestEvaluations(decision, proposalId),
    objections: objectionsTo(decision, proposalId),
    missing,
    policyHints: ctx.participant.bootstrap?.execution.policyHints ?? {},
  };
}

/** Fewest votes of others that a decision may rest on: all, unless the rule is a share. */
export function leastVotes(others: number, type: string, threshold: number): number {
  return type === 'none' || type === 'unanimous' ? others : Math.min(others, Math.max(1, Math.ceil(others * threshold)));
}

function describeTooFew(ctx: ParticipantContext, policy: PolicyDefinition | undefined, missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const expected = others(ctx).length;
  const { type, threshold } = votingRule(ctx.participant.bootstrap?.execution.policyHints ?? {}, policy);
  const least = leastVotes(expected, type, threshold);
  const cast = expected - missing.length;
  return cast >= least ? undefined : `only ${cast} of ${least} needed votes came in time; missing: ${missing.join(', ')}`;
}

/** The hints of the scenario, else the rules of the policy itself. */
function votingRule(hints: Readonly<Record<string, unknown>>, policy: PolicyDefinition | undefined): { type: string; threshold: number } {
  const voting = policy?.rules['voting'];
  const rules = typeof voting === 'object' && voting !== null ? (voting as Readonly<Record<string, unknown>>) : {};
  const type = hints['type'] ?? rules['algorithm'];
  const threshold = hints['threshold'] ?? rules['threshold'];
  return { type: typeof type === 'string' ? type : 'none', threshold: typeof threshold === 'number' ? threshold : 0.5 };
}

async function commit(
  ctx: ParticipantContext,
  proposal: DecisionProposal,
  policy: PolicyDefinition | undefined,
  decision: DecisionAnswer,
  missing: readonly string[],
): Promise<void> {
  const { proposalId } = proposal;
  const self = ctx.participant.participantId;
  const { vote } = decision;
  if (vote !== undefined && ctx.session.participants.includes(self) && !hasVoted(requireDecision(ctx, 'commitAfterVotes'), self, proposalId)) {
    // The Ack comes before the commitment: without this vote a unanimous policy denies it.
    await sendOnce(ctx, 'Vote', proposalId, { proposalId, vote: validateVote(vote.vote), reason: vote.reason });
  }
  const { action, authorityScope, outcomePositive } = decision;
  const reason = missing.length === 0 ? decision.reason : `${decision.reason} (no vote from ${missing.join(', ')})`;
  const input: CommitmentInput = { action, authorityScope, outcomePositive, reason, commitmentId: `${proposalId}-final` };
  const preflight = preflightCommitment(ctx, policy, input);
  if (preflight.verdict === 'refuse')
    ctx.log(`the runtime will probably refuse the commitment: ${preflight.message}`, { code: preflight.code, reasons: preflight.reasons });
  try {
    await ctx.actions.commit(input);
  } catch (error) {
    if (!isMacpError(error) || error.code !== 'POLICY_DENIED') throw error;
    await ctx.actions.cancel(`commitment rejected by runtime: ${error instanceof MacpAckError ? describe(error) : error.message}`);
  }
}

function describe({ failure }: MacpAckError): string {
  const { message, reasons } = failure;
  const unsaid = reasons.filter((reason) => !message.includes(reason));
  return unsaid.length === 0 ? message : `${message} (${unsaid.join('; ')})`;
}
