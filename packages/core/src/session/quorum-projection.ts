import { countBallots, MODE_QUORUM, type ApprovalRequest, type Ballot, type BallotCount, type QuorumState } from '@macp-agent/protocol';
import { Projection } from './projection.js';

/** Questions about a quorum session (RFC-MACP-0011), answered from its view. A session has at most one request. */
export class QuorumProjection extends Projection {
  /** State of the mode; undefined until the SessionStart is known, and in sessions of other modes. */
  get state(): QuorumState | undefined {
    return this.stateOf<QuorumState>(MODE_QUORUM);
  }

  /** Pending from the start, Voting after the request, Committed. */
  override get phase(): string {
    const phase = this.state?.phase ?? 'NoRequest';
    if (phase === 'NoRequest') return 'Pending';
    return phase === 'Balloting' ? 'Voting' : phase;
  }

  /** The request of the session by its id; empty before it is made. */
  get requests(): ReadonlyMap<string, ApprovalRequest> {
    return this.request === undefined ? new Map() : new Map([[this.request.requestId, this.request]]);
  }

  /** The request; undefined before it. */
  get request(): ApprovalRequest | undefined {
    return this.state?.request;
  }

  /** By request id, then by sender. */
  get ballots(): ReadonlyMap<string, ReadonlyMap<string, Ballot>> {
    return this.request === undefined ? new Map() : new Map([[this.request.requestId, this.#cast]]);
  }

  /** Ballots of each kind. */
  get counts(): BallotCount {
    return this.state === undefined ? { approve: 0, reject: 0, abstain: 0 } : countBallots(this.state);
  }

  /** Approving ballots on this request, or on that of the session. */
  approvalCount(requestId?: string): number {
    return this.#isOf(requestId) ? this.counts.approve : 0;
  }

  /** Rejecting ballots, as `approvalCount`. */
  rejectionCount(requestId?: string): number {
    return this.#isOf(requestId) ? this.counts.reject : 0;
  }

  /** Abstaining ballots, as `approvalCount`. */
  abstentionCount(requestId?: string): number {
    return this.#isOf(requestId) ? this.counts.abstain : 0;
  }

  /** Approvals that the request asks for; 0 without one. A policy may ask for another number, which a client does not see. */
  threshold(requestId?: string): number {
    return this.#isOf(requestId) ? (this.request?.requiredApprovals ?? 0) : 0;
  }

  /** Whether the approvals reach `threshold`. */
  hasQuorum(requestId?: string): boolean {
    return this.request !== undefined && this.#isOf(requestId) && this.counts.approve >= this.threshold();
  }

  /** Approvals that are missing for `threshold`; 0 when it is reached. */
  remainingVotesNeeded(requestId?: string): number {
    return Math.max(0, this.threshold(requestId) - this.approvalCount(requestId));
  }

  /** Who has cast a ballot, in the order of the first one. */
  votedSenders(requestId?: string): string[] {
    return this.#isOf(requestId) ? [...this.#cast.keys()] : [];
  }

  /** Whether the approvals that are still possible cannot reach the threshold. */
  isThresholdUnreachable(requestId: string, totalEligible: number): boolean {
    return this.#isOf(requestId) && this.approvalCount() + (totalEligible - this.#cast.size) < this.threshold();
  }

  /** Whether the outcome is decided, one way or the other. */
  commitmentReady(requestId?: string): boolean {
    if (this.request === undefined || !this.#isOf(requestId)) return false;
    return this.hasQuorum() || this.isThresholdUnreachable(this.request.requestId, this.view?.binding.participants.length ?? 0);
  }

  get #cast(): ReadonlyMap<string, Ballot> {
    return this.state?.ballots ?? new Map();
  }

  #isOf(requestId: string | undefined): boolean {
    return requestId === undefined || this.request?.requestId === requestId;
  }
}
