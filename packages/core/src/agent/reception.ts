import type { ReceivedEnvelope } from '../session/received-envelope.js';
import type { Session } from '../session/session.js';
import { CatchUp } from './catch-up.js';
import { toEvent, type Dispatcher } from './dispatcher.js';
import type { HandlerErrors } from './handler-errors.js';
import type { ParticipantContext } from './participant-context.js';
import { Reactor } from './reactor.js';

export interface ReceptionOptions {
  readonly participantId: string;
  readonly session: Session;
  readonly dispatcher: Dispatcher;
  readonly errors: HandlerErrors;
  readonly context: ParticipantContext;
  /** Aborted when the agent has ended: nothing is handed over any more. */
  readonly signal: AbortSignal;
}

/** What becomes of each accepted envelope: handlers first, in order, then whoever reacts to the change. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #reactors: Reactor[] = [];
  #catchUp: CatchUp | undefined;
  #phase = '';

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Until as many own messages have come, what comes is history and nobody reacts. */
  begin(ownMessages: number): void {
    this.#catchUp = new CatchUp(this.#options.participantId, ownMessages, () => this.changed());
  }

  get hasBegun(): boolean {
    return this.#catchUp !== undefined;
  }

  onChange(react: (ctx: ParticipantContext) => void | Promise<void>): void {
    const { context, errors } = this.#options;
    this.#reactors.push(
      new Reactor(
        () => (this.#isQuiet() ? undefined : react(context)),
        (error) => errors.handle(error, { retried: true }),
      ),
    );
  }

  async receive(envelope: ReceivedEnvelope): Promise<void> {
    const { dispatcher, context, session } = this.#options;
    const replayed = this.#catchUp?.done === false;
    this.#catchUp?.delivered(envelope);
    const event = toEvent(envelope, replayed);
    await this.#guard(() => dispatcher.dispatch(event, context));
    const { phase } = session.projection;
    if (phase !== this.#phase) {
      this.#phase = phase;
      await this.#guard(() => dispatcher.dispatchPhaseChange(phase, context));
    }
    this.changed();
  }

  changed(): void {
    if (this.#isQuiet()) return;
    for (const reactor of this.#reactors) reactor.wake();
  }

  /** Resolves when nobody is at work. */
  async idle(): Promise<void> {
    await Promise.all(this.#reactors.map((reactor) => reactor.idle()));
  }

  stop(): void {
    this.#catchUp?.stop();
  }

  /** No strategy acts before the history of this agent is known, while the session is suspended, nor after the end. */
  #isQuiet(): boolean {
    const { session, context } = this.#options;
    return session.view?.state !== 'OPEN' || this.#catchUp?.done !== true || context.signal.aborted;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    const { signal, context, errors } = this.#options;
    if (signal.aborted) return;
    const beganAfter = context.signal.aborted;
    try {
      await work();
    } catch (error) {
      await errors.handle(error, { beganAfter });
    }
  }
}
