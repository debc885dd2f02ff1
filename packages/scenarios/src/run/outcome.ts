import { MODE_DECISION, type DecisionState, type SessionView } from '@macp-agent/protocol';

/** A commitment as it was accepted. */
export interface OutcomeCommitment {
  readonly commitmentId: string;
  readonly action: string;
  readonly outcomePositive: boolean;
  readonly reason: string;
  readonly authorityScope: string;
  readonly policyVersion: string;
  readonly sender: string;
}

/** A message of an agent that the runtime refused. */
export interface Refused {
  readonly participantId: string;
  readonly code: string;
  readonly message: string;
  readonly messageType: string;
  /** Onboarding step that owns the fix, such as `step 2`, or `policy`; undefined when none does. */
  readonly step?: string;
}

/** What a run came to. */
export interface RunOutcome {
  /** RESOLVED, EXPIRED or CANCELLED; OPEN or SUSPENDED when the run ended before its session; NONE when no session was started. */
  readonly state: 'OPEN' | 'SUSPENDED' | 'RESOLVED' | 'EXPIRED' | 'CANCELLED' | 'NONE';
  /** Why it ended without a commitment, when that is known. */
  readonly reason: string;
  readonly commitment?: OutcomeCommitment | undefined;
  readonly policyVersion: string;
  readonly proposals: readonly { readonly proposalId: string; readonly option: string; readonly sender: string }[];
  readonly evaluations: readonly { readonly sender: string; readonly recommendation: string; readonly confidence: number; readonly reason: string }[];
  readonly objections: readonly { readonly sender: string; readonly severity: string; readonly reason: string }[];
  readonly votes: readonly { readonly sender: string; readonly vote: string; readonly reason: string }[];
  /** Participants without a vote, where somebody has voted or a vote was due. The initiator need not vote; it is missing when it died before the end. */
  readonly missing: readonly string[];
  /** The participant whose process ended the run by its end: the initiator, or one that could not start. */
  readonly lost?: string | undefined;
  readonly refused: readonly Refused[];
  readonly suspensions: number;
  readonly exitCode: ExitCode;
}

/** 0 positive commitment, 3 negative, 4 ended without one, 1 failure, 2 an agent that cannot start as configured, 130 cancelled at the terminal. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

interface OutcomeParts {
  /** Undefined when no session was seen. */
  readonly view: SessionView | undefined;
  readonly participants: readonly string[];
  readonly policyVersion: string;
  readonly state: RunOutcome['state'];
  readonly reason?: string | undefined;
  readonly refused: readonly Refused[];
  readonly suspensions: number;
  readonly lost: string | undefined;
  /** Lifetime of the session; undefined when only its record is there. */
  readonly ttlMs?: number | undefined;
  /** It ended because it stayed suspended for too long. */
  readonly overSuspended?: boolean | undefined;
  /** Cancelled by a person at the terminal. */
  readonly interrupted: boolean;
}

/** Reads the outcome of a run from the folded session. Pure. */
export function readOutcome(parts: OutcomeParts): RunOutcome {
  const { view, participants, policyVersion, state, reason, refused, suspensions, lost, interrupted } = parts;
  const decision = view?.binding.mode === MODE_DECISION && view.mode !== undefined ? (view.modeState as DecisionState) : undefined;
  const commitment = view?.commitment;
  const votes =
    decision === undefined
      ? []
      : [...decision.votes.values()].flatMap((bySender) => [...bySender].map(([sender, { vote, reason }]) => ({ sender, vote, reason })));
  const voted = new Set(votes.map(({ sender }) => sender));
  const voteDue = decision !== undefined && decision.proposals.size > 0;
  const missing =
    state === 'RESOLVED' && lost !== undefined ? [] : participants.filter((id) => id === lost || (voteDue && !voted.has(id) && id !== view?.binding.initiator));
  return {
    state,
    reason: reason ?? (state === 'CANCELLED' ? denial(refused) : state === 'EXPIRED' ? expiry(parts, decision, missing) : ''),
    commitment:
      commitment === undefined
        ? undefined
        : {
            commitmentId: commitment.commitmentId,
            action: commitment.action,
            outcomePositive: commitment.outcomePositive,
            reason: commitment.reason,
            authorityScope: commitment.authorityScope,
            policyVersion: commitment.policyVersion || policyVersion,
            sender: commitment.sender,
          },
    policyVersion,
    proposals: [...(decision?.proposals.values() ?? [])].map(({ proposalId, option, sender }) => ({ proposalId, option, sender })),
    evaluations: (decision?.evaluations ?? []).map(({ sender, recommendation, confidence, reason }) => ({ sender, recommendation, confidence, reason })),
    objections: (decision?.objections ?? []).map(({ sender, severity, reason }) => ({ sender, severity, reason })),
    votes,
    missing,
    lost,
    refused,
    suspensions,
    exitCode: exitCodeOf(state, commitment?.outcomePositive, interrupted),
  };
}

function exitCodeOf(state: RunOutcome['state'], positive: boolean | undefined, interrupted: boolean): ExitCode {
  // A commitment that was faster than Ctrl-C stands.
  if (state === 'RESOLVED') return positive === true ? 0 : 3;
  if (interrupted) return 130;
  return state === 'CANCELLED' || state === 'EXPIRED' ? 4 : 1;
}

/** A commitment that the policy refused is why the session was cancelled, or ran out. */
function denial(refused: readonly Refused[]): string {
  const last = refused.findLast(({ messageType, code }) => messageType === 'Commitment' || code === 'POLICY_DENIED');
  return last === undefined ? '' : `commitment refused: ${last.message}`;
}

/** Why nothing was decided in time. */
function expiry({ ttlMs, overSuspended, refused, view }: OutcomeParts, decision: DecisionState | undefined, missing: readonly string[]): string {
  const over =
    overSuspended === true ? 'it stayed suspended longer than it may' : `its time${ttlMs === undefined ? '' : ` of ${ttlMs / 1000} s`} (ttl) was over`;
  const denied = denial(refused);
  if (denied !== '') return `${over}; ${denied}`;
  if (decision === undefined) return over;
  if (decision.proposals.size === 0) return `${over} before anything was proposed`;
  return missing.length > 0
    ? `${over}; no vote of ${missing.join(', ')}`
    : `${over}; everybody had voted, but ${view?.binding.initiator ?? 'nobody'} did not commit`;
}
