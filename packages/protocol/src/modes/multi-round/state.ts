/** What a multi-round session has gathered; the map is replaced, never changed. */
export interface MultiRoundState {
  readonly phase: 'Contributing' | 'Converged' | 'Committed';
  /** Counts the contributions that changed something, from 0. */
  readonly round: number;
  /** The latest value of each participant. */
  readonly values: ReadonlyMap<string, string>;
  /** Never goes back to false. */
  readonly converged: boolean;
}

export const INITIAL_MULTI_ROUND_STATE: MultiRoundState = { phase: 'Contributing', round: 0, values: new Map(), converged: false };
