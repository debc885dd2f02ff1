/** What a quorum session has gathered; every map is replaced, never changed. */
export interface QuorumState {
  readonly phase: 'NoRequest' | 'Balloting' | 'Committed';
  /** At most one request in a session. */
  readonly request?: ApprovalRequest | undefined;
  /** One ballot for each participant that cast one. */
  readonly ballots: ReadonlyMap<string, Ballot>;
}

/** What the initiator asks approval for. */
export interface ApprovalRequest {
  readonly requestId: string;
  readonly action: string;
  readonly summary: string;
  readonly details: Uint8Array;
  readonly requiredApprovals: number;
}

/** One participant's only ballot. */
export interface Ballot {
  readonly choice: 'APPROVE' | 'REJECT' | 'ABSTAIN';
  readonly reason: string;
}

/** Ballots by choice. */
export interface BallotCount {
  readonly approve: number;
  readonly reject: number;
  readonly abstain: number;
}

export const INITIAL_QUORUM_STATE: QuorumState = { phase: 'NoRequest', ballots: new Map() };

/** Counts the ballots cast so far. */
export function countBallots(state: QuorumState): BallotCount {
  let approve = 0;
  let reject = 0;
  for (const { choice } of state.ballots.values()) {
    if (choice === 'APPROVE') approve += 1;
    else if (choice === 'REJECT') reject += 1;
  }
  return { approve, reject, abstain: state.ballots.size - approve - reject };
}
