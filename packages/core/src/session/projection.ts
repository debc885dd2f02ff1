import type { CommitmentPayload, Envelope, SessionView } from '@macp-agent/protocol';
import { SessionFold } from './session-fold.js';

/** What a projection reads: the fold of its session. */
export interface ProjectionSource {
  readonly view: SessionView | undefined;
  readonly transcript: readonly Envelope[];
  apply(envelope: Envelope): void;
}

/**
 * A reader of the session view with query names; it holds no state of its own. Made without a source it folds the history that
 * `applyEnvelope` is given, which begins with the SessionStart.
 */
export class Projection {
  readonly #source: ProjectionSource;

  constructor(source: ProjectionSource = new SessionFold()) {
    this.#source = source;
  }

  /** The folded view; undefined until the SessionStart is known. */
  get view(): SessionView | undefined {
    return this.#source.view;
  }

  /** The accepted envelopes of the session in order, each once; of a long session the latest 1 024 at least. */
  get transcript(): readonly Envelope[] {
    return this.#source.transcript;
  }

  /**
   * Folds in an accepted envelope that was read some other way than by the stream of the session, e.g. from `client.openStream()`.
   * One that is known already, such as an own message that comes back, changes nothing.
   */
  applyEnvelope(envelope: Envelope, _registry?: object): void {
    this.#source.apply(envelope);
  }

  /** Phase of the mode; empty for a mode that this version does not know. */
  get phase(): string {
    const state = this.view?.modeState;
    return typeof state === 'object' && state !== null && 'phase' in state && typeof state.phase === 'string' ? state.phase : '';
  }

  /** State of the mode when the session is of it; the caller names the state that goes with the mode. */
  protected stateOf<S>(mode: string): S | undefined {
    const { view } = this;
    return view?.mode?.descriptor.mode === mode ? (view.modeState as S) : undefined;
  }

  /** The commitment that ended the session; undefined before it. */
  get commitment(): CommitmentPayload | undefined {
    return this.view?.commitment;
  }

  /** Whether there is a commitment. */
  get isCommitted(): boolean {
    return this.commitment !== undefined;
  }

  /** Undefined before the commitment. */
  get isPositiveOutcome(): boolean | undefined {
    return this.commitment?.outcomePositive;
  }
}
