import type { CommitmentPayload, SessionView } from '@macp-agent/protocol';

/** A reader of the session view with query names; it holds no state of its own. */
export class Projection {
  readonly #read: () => SessionView | undefined;

  constructor(read: () => SessionView | undefined) {
    this.#read = read;
  }

  /** The folded view; undefined until the SessionStart is known. */
  get view(): SessionView | undefined {
    return this.#read();
  }

  /** Phase of the mode; empty until the SessionStart is known, and for a mode that this version does not know. */
  get phase(): string {
    const state = this.view?.modeState;
    return typeof state === 'object' && state !== null && 'phase' in state && typeof state.phase === 'string' ? state.phase : '';
  }

  /** State of the mode when the session is of it; the caller names the state that goes with the mode. */
  protected stateOf<S>(mode: string): S | undefined {
    const { view } = this;
    return view?.mode?.descriptor.mode === mode ? (view.modeState as S) : undefined;
  }

  get commitment(): CommitmentPayload | undefined {
    return this.view?.commitment;
  }

  get isCommitted(): boolean {
    return this.commitment !== undefined;
  }

  /** Undefined before the commitment. */
  get isPositiveOutcome(): boolean | undefined {
    return this.commitment?.outcomePositive;
  }
}
