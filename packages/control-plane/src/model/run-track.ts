import {
  explainCommitment,
  mayCommit,
  MODE_DECISION,
  MODE_QUORUM,
  type DecisionState,
  type PolicyDefinition,
  type QuorumState,
  type RuleResult,
} from '@macp-agent/protocol';
import type { CanonicalEvent } from './canonical-event.js';
import { acceptedAt, controlledBy, controlState, foldEvent, findPolicy, type FoldedSession } from './session-fold.js';

/** One row of the timeline: an envelope, a signal, or a change of the session. */
export interface TrackRow {
  readonly seq: number;
  /** Ordinal of an envelope; 0 for everything that is not part of the history. */
  readonly ordinal: number;
  readonly kind: 'envelope' | 'signal' | 'state';
  readonly type: string;
  readonly sender: string;
  readonly atUnixMs: number;
  readonly summary: string;
  readonly event: CanonicalEvent;
}

/** Time that a model took, where a call reported it. */
export interface ModelSpan {
  readonly seq: number;
  readonly sender: string;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly model: string;
}

const CHECKPOINT_EVERY = 64;

/** A run's events, folded as they come; gives the session at any sequence number without starting over. Browser-safe. */
export class RunTrack {
  readonly #events: CanonicalEvent[] = [];
  readonly #rows: TrackRow[] = [];
  readonly #spans: ModelSpan[] = [];
  /** The session before the event at index × CHECKPOINT_EVERY. */
  readonly #checkpoints: (FoldedSession | undefined)[] = [];
  #session: FoldedSession | undefined;
  #policy: PolicyDefinition | undefined;

  /** Adds what follows; events that are here already are skipped. */
  append(events: readonly CanonicalEvent[]): void {
    const known = this.lastSeq;
    const fresh = events.filter((event) => event.seq > known);
    this.#policy ??= findPolicy(fresh);
    for (const event of fresh) {
      if (this.#events.length % CHECKPOINT_EVERY === 0) this.#checkpoints.push(this.#session);
      this.#events.push(event);
      this.#session = foldEvent(this.#session, event, this.#policy);
      this.#addRow(toRow(event));
      const span = toSpan(event);
      if (span !== undefined) this.#spans.push(span);
    }
  }

  /** A runtime may tell of a change of the session twice, in its history and through its watch: it is one row. */
  #addRow(row: TrackRow | undefined): void {
    if (row === undefined) return;
    const last = row.kind === 'state' ? this.#rows.findLastIndex((other) => isState(other.type)) : -1;
    const known = this.#rows[last];
    if (known === undefined || known.type !== row.type || !isState(row.type)) this.#rows.push(row);
    else this.#rows[last] = { ...known, ordinal: known.ordinal || row.ordinal, sender: known.sender || row.sender, summary: known.summary || row.summary };
  }

  get lastSeq(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  get rows(): readonly TrackRow[] {
    return this.#rows;
  }

  get spans(): readonly ModelSpan[] {
    return this.#spans;
  }

  /** The session after the event with this sequence number; the newest one by default. */
  sessionAt(seq = Number.POSITIVE_INFINITY): FoldedSession | undefined {
    if (seq >= this.lastSeq) return this.#session;
    const index = this.#events.findLastIndex((event) => event.seq <= seq);
    if (index < 0) return undefined;
    const checkpoint = Math.floor((index + 1) / CHECKPOINT_EVERY);
    let session = this.#checkpoints[checkpoint] ?? undefined;
    for (let at = checkpoint * CHECKPOINT_EVERY; at <= index; at += 1) {
      const event = this.#events[at];
      if (event !== undefined) session = foldEvent(session, event, this.#policy);
    }
    return session;
  }
}

function toSpan(event: CanonicalEvent): ModelSpan | undefined {
  const usage = event.type === 'llm.call.completed' ? asRecord(event.data['decodedPayload']) : undefined;
  if (typeof usage?.['latencyMs'] !== 'number') return undefined;
  const toUnixMs = acceptedAt(event);
  return { seq: event.seq, sender: text(event.data['sender']), fromUnixMs: toUnixMs - usage['latencyMs'], toUnixMs, model: text(usage['model']) };
}

const SHOWN_STATES: Readonly<Record<string, string>> = {
  'run.suspended': 'Suspended',
  'run.resumed': 'Resumed',
  'run.completed': 'Completed',
  'run.failed': 'Failed',
  'run.cancelled': 'Cancelled',
};

const CONTROL_WORDS = { SUSPENDED: 'Suspended', OPEN: 'Resumed', CANCELLED: 'Cancelled', EXPIRED: 'Expired', RESOLVED: 'Completed' } as const;

const STATE_WORDS: ReadonlySet<string> = new Set([...Object.values(SHOWN_STATES), ...Object.values(CONTROL_WORDS)]);
const isState = (type: string): boolean => STATE_WORDS.has(type);

function toRow(event: CanonicalEvent): TrackRow | undefined {
  const { data, seq } = event;
  const base = { seq, ordinal: 0, sender: text(data['sender']), atUnixMs: acceptedAt(event), event };
  if (event.type === 'message.received') {
    const payload = (data['payload'] ?? {}) as Record<string, unknown>;
    const type = text(data['messageType']);
    const state = controlState(type);
    if (state !== undefined) {
      const ordinal = Number(data['ordinal']) || 0;
      return { ...base, ordinal, kind: 'state', type: CONTROL_WORDS[state], sender: controlledBy(payload), summary: text(payload['reason']) };
    }
    return { ...base, ordinal: Number(data['ordinal']) || 0, kind: 'envelope', type, summary: summarizePayload(type, payload) };
  }
  if (event.type === 'signal.emitted' || event.type === 'progress.reported') {
    const payload = (data['decodedPayload'] ?? {}) as Record<string, unknown>;
    return { ...base, kind: 'signal', type: text(payload['signalType']) || 'Progress', summary: text(payload['message'] ?? payload['data']).slice(0, 200) };
  }
  if (event.type === 'session.stream.opened' && data['status'] !== 'opened') {
    return { ...base, kind: 'state', type: 'Stream', summary: `${text(data['status']).replaceAll('_', ' ')}: ${text(data['detail'])}` };
  }
  if (event.type === 'message.refused') {
    const step = text(data['step']);
    const owner = step.startsWith('step') ? ` (onboarding ${step})` : step === '' ? '' : ` (${step})`;
    const summary = `${text(data['code'])} ${text(data['messageType'])}: ${text(data['message'])}${owner}`.replace(' :', ':');
    return { ...base, kind: 'state', type: 'Refused', atUnixMs: Date.parse(event.ts), summary };
  }
  const state = SHOWN_STATES[event.type];
  if (state === undefined) return undefined;
  const error = (data['error'] ?? {}) as Record<string, unknown>;
  const type = error['code'] === 'SESSION_EXPIRED' ? 'Expired' : state;
  return { ...base, kind: 'state', type, atUnixMs: Date.parse(event.ts), summary: text(error['message'] ?? data['reason']) };
}

/** One line that says what a payload says. */
export function summarizePayload(type: string, payload: Readonly<Record<string, unknown>>): string {
  const reason = text(payload['reason']);
  const tail = reason === '' ? '' : ` — ${reason}`;
  switch (type) {
    case 'SessionStart':
      return text(payload['intent']);
    case 'Evaluation':
      return `${text(payload['recommendation'])} ${percent(payload['confidence'])}${tail}`;
    case 'Objection':
      return `${text(payload['severity']) || 'medium'}${tail}`;
    case 'Vote':
      return `${text(payload['vote'])}${tail}`;
    case 'Commitment':
      return `${text(payload['action'])}${tail}`;
    default:
      return text(payload['option'] ?? payload['title'] ?? payload['summary'] ?? payload['value'] ?? payload['instructions']) || reason;
  }
}

/** How the votes on one proposal stand. */
export interface ProposalTally {
  readonly proposalId: string;
  readonly option: string;
  readonly sender: string;
  readonly votes: readonly { readonly sender: string; readonly vote: string; readonly reason: string; readonly weight: number }[];
  /** Participants who have not voted on it. */
  readonly pending: readonly string[];
  readonly pendingWeight: number;
}

/** What the policy asks of a vote, as the bar shows it. */
export interface VotingRule {
  readonly algorithm: string;
  /** Share of the cast votes that must approve; undefined when the algorithm has no such line. */
  readonly threshold: number | undefined;
  /** Approvals needed, in heads; undefined when the line is a share. */
  readonly needed?: number | undefined;
  /** Voters needed, in heads. */
  readonly quorum: number;
}

/** Tallies of decision and quorum sessions; empty for modes that do not vote. */
export function tallies(session: FoldedSession): ProposalTally[] {
  if (session.mode === undefined) return [];
  if (session.binding.mode === MODE_QUORUM) return ballotTally(session, session.modeState as QuorumState);
  if (session.binding.mode !== MODE_DECISION) return [];
  const state = session.modeState as DecisionState;
  const weights = weightsOf(session.policy);
  return [...state.proposals.values()].map(({ proposalId, option, sender }) => {
    const cast = state.votes.get(proposalId);
    const votes = [...(cast ?? [])].map(([voter, { vote, reason }]) => ({ sender: voter, vote, reason, weight: weights?.[voter] ?? 1 }));
    const pending = session.binding.participants.filter((participant) => cast?.has(participant) !== true);
    return { proposalId, option, sender, votes, pending, pendingWeight: pending.reduce((sum, voter) => sum + (weights?.[voter] ?? 1), 0) };
  });
}

function ballotTally(session: FoldedSession, { request, ballots }: QuorumState): ProposalTally[] {
  if (request === undefined) return [];
  const votes = [...ballots].map(([sender, { choice, reason }]) => ({ sender, vote: choice, reason, weight: 1 }));
  const pending = session.binding.participants.filter((participant) => !ballots.has(participant));
  return [
    {
      proposalId: request.requestId,
      option: request.summary || request.action,
      sender: session.binding.initiator,
      votes,
      pending,
      pendingWeight: pending.length,
    },
  ];
}

/** What the bound policy asks of the vote; undefined when it asks for none. */
export function votingRule(session: FoldedSession): VotingRule | undefined {
  if (session.binding.mode === MODE_QUORUM) {
    const needed = session.mode === undefined ? undefined : (session.modeState as QuorumState).request?.requiredApprovals;
    return needed === undefined ? undefined : { algorithm: `${needed} approvals`, threshold: undefined, needed, quorum: 0 };
  }
  const voting = asRecord(session.policy?.rules['voting']);
  const algorithm = text(voting?.['algorithm']) || 'none';
  const quorum = asRecord(voting?.['quorum']);
  const value = Number(quorum?.['value'] ?? 0) || 0;
  const heads = quorum?.['type'] === 'percentage' ? Math.ceil((value / 100) * session.binding.participants.length) : value;
  if (algorithm === 'none' && heads <= 0) return undefined;
  const given = typeof voting?.['threshold'] === 'number' ? voting['threshold'] : 0.5;
  const threshold =
    algorithm === 'unanimous'
      ? 1
      : algorithm === 'supermajority'
        ? given > 0.5
          ? given
          : 2 / 3
        : algorithm === 'majority' || algorithm === 'weighted'
          ? given
          : undefined;
  return { algorithm, threshold, quorum: heads };
}

/** Why the outcome is what it is, or what a positive commitment still lacks. */
export interface Explanation {
  readonly judged: 'committed' | 'hypothetical';
  readonly allowed: boolean;
  readonly rules: readonly RuleResult[];
}

/** Every rule of the bound policy against the session as it stands; undefined when the policy is not known. */
export function explain(session: FoldedSession): Explanation | undefined {
  const { policy, binding, commitment } = session;
  if (policy === undefined) return undefined;
  const { allowed, rules } = explainCommitment(policy, binding.mode, session.modeState, binding.participants, commitment?.outcomePositive ?? true);
  const bound = { ...binding, policy };
  const who = commitment?.sender ?? binding.initiator;
  const may = mayCommit(bound, who);
  const authority = text(asRecord(policy.rules['commitment'])?.['authority']) || 'initiator_only';
  const authorityRow: RuleResult = {
    rule: 'commitment.authority',
    passed: may,
    detail: `${who} ${may ? 'may' : 'may not'} commit (${authority.replaceAll('_', ' ')})`,
  };
  return { judged: commitment === undefined ? 'hypothetical' : 'committed', allowed: allowed && may, rules: [...rules, authorityRow] };
}

function weightsOf(policy: PolicyDefinition | undefined): Record<string, number> | undefined {
  const voting = asRecord(policy?.rules['voting']);
  return voting?.['algorithm'] === 'weighted' ? (asRecord(voting['weights']) as Record<string, number> | undefined) : undefined;
}

const percent = (value: unknown): string => (typeof value === 'number' ? `${Math.round(value * 100)} %` : '');
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
