import type { PolicyHints } from './policy-hints.js';

export type Decision = 'approve' | 'step_up' | 'decline';

/** The latest word of one other participant. An ABSTAIN vote leaves the denominator; a REVIEW evaluation does not. */
export interface Statement {
  readonly sender: string;
  readonly stand: 'approve' | 'review' | 'block' | 'abstain';
  /** 0 to 1; a vote counts as 1. */
  readonly confidence: number;
}

export interface Heard {
  readonly votes: readonly { readonly sender: string; readonly vote: string }[];
  readonly evaluations: readonly { readonly sender: string; readonly recommendation: string; readonly confidence: number }[];
  readonly objections: readonly { readonly severity: string }[];
}

const FROM_VOTE: Readonly<Record<string, Statement['stand']>> = { APPROVE: 'approve', REJECT: 'block', ABSTAIN: 'abstain' };
const FROM_EVALUATION: Readonly<Record<string, Statement['stand']>> = { APPROVE: 'approve', REVIEW: 'review', BLOCK: 'block', REJECT: 'block' };

/** One statement per participant, sorted by sender: its vote, or else its last evaluation. */
export function statementsOf({ votes, evaluations }: Pick<Heard, 'votes' | 'evaluations'>): Statement[] {
  const statements = new Map<string, Statement>();
  for (const { sender, recommendation, confidence } of evaluations)
    statements.set(sender, { sender, stand: FROM_EVALUATION[recommendation] ?? 'review', confidence });
  for (const { sender, vote } of votes) statements.set(sender, { sender, stand: FROM_VOTE[vote] ?? 'abstain', confidence: 1 });
  return [...statements.values()].toSorted((one, other) => (one.sender < other.sender ? -1 : 1));
}

/** The decision table of the coordinator (agents.md §4.12); pure, so that every row can be tested. */
export function decide(statements: readonly Statement[], objections: Heard['objections'], hints: PolicyHints): { decision: Decision; reason: string } {
  const critical = objections.filter(({ severity }) => severity === 'critical').length;
  if (hints.vetoEnabled && critical >= hints.vetoThreshold)
    return { decision: 'decline', reason: `decline: ${raised(critical, 'critical ')}, veto at ${hints.vetoThreshold}` };
  const counted = statements.filter(({ confidence }) => confidence >= hints.minimumConfidence);
  const count = (stand: Statement['stand']): number => counted.filter((statement) => statement.stand === stand).length;
  const tally = {
    approvals: count('approve'),
    rejections: count('block'),
    voting: counted.length - count('abstain'),
    doubtful: statements.length - counted.length,
  };
  const decision = DECIDERS[hints.type](tally, objections.length, hints);
  const ignored = tally.doubtful > 0 ? `, ${tally.doubtful} below confidence ${hints.minimumConfidence}` : '';
  return {
    decision,
    reason: `${decision}: ${tally.approvals} of ${tally.voting} approve, ${tally.rejections} reject, ${raised(objections.length)}${ignored} (policy ${hints.type})`,
  };
}

/** Objection messages, of any severity; what an evaluation says counts with its vote. */
const raised = (count: number, kind = ''): string => `${count === 0 ? 'no' : count} ${kind}objection${count > 1 ? 's' : ''} raised`;

interface Tally {
  readonly approvals: number;
  readonly rejections: number;
  readonly voting: number;
  readonly doubtful: number;
}

type Decider = (tally: Tally, objections: number, hints: PolicyHints) => Decision;

const byShare: Decider = ({ approvals, rejections, voting }, objections, { threshold }) => {
  if (voting > 0 && approvals / voting >= threshold) return 'approve';
  return rejections + objections > approvals ? 'decline' : 'step_up';
};

const DECIDERS: Readonly<Record<PolicyHints['type'], Decider>> = {
  none: ({ rejections }, objections) => (rejections + objections > 0 ? 'decline' : 'approve'),
  majority: byShare,
  supermajority: byShare,
  unanimous({ approvals, rejections, voting, doubtful }, objections) {
    if (rejections + objections > 0) return 'decline';
    return doubtful === 0 && voting > 0 && approvals === voting ? 'approve' : 'step_up';
  },
};
