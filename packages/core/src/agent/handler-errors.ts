import { describeError, isMacpError, isTerminal, MacpError } from '@macp-agent/protocol';
import type { Logger } from '../logger.js';
import { readState } from './cancel-as-self.js';
import type { Participant } from './participant.js';
import type { HandlerErrorPolicy } from './participant-config.js';

export interface HandlerErrorsOptions {
  readonly participant: Participant;
  /** Fires when the work of the agent is over. */
  readonly workSignal: AbortSignal;
  readonly policy: HandlerErrorPolicy;
  readonly logger: Logger;
  /** Ends the run. */
  readonly fail: () => void;
  /** Calls the strategies again in a while. */
  readonly retryLater: () => void;
}

/** What becomes of errors of handlers, strategies and timers: none is lost, and only those that the end of a session explains are excused. */
export class HandlerErrors {
  readonly #options: HandlerErrorsOptions;
  #failure: MacpError | undefined;

  constructor(options: HandlerErrorsOptions) {
    this.#options = options;
  }

  /** Set when an error has ended the run: HANDLER_FAILED with that error as its cause. */
  get failure(): MacpError | undefined {
    return this.#failure;
  }

  /**
   * `retried`: the same code is called again after the next change, so a suspended session excuses it. `beganAfter`: it was called
   * when the work was over already, so that cannot have cut it short.
   */
  async handle(error: unknown, { retried = false, beganAfter = false } = {}): Promise<void> {
    const { participant, workSignal } = this.#options;
    if (participant.isStopped || (workSignal.aborted && !beganAfter)) return;
    if (isMacpError(error) && error.code === 'SESSION_NOT_OPEN' && (await this.#isExcused(retried))) return;
    await this.#judge(error);
  }

  /** A handler was at work for so long after the end of the session. */
  async overdue(sinceMs: number): Promise<void> {
    const { participantId, sessionId } = this.#options.participant;
    const text = `a handler of ${participantId} was still at work ${sinceMs} ms after session ${sessionId} had ended; let it end when ctx.signal fires`;
    await this.#judge(new MacpError('TIMEOUT', text, { context: { sessionId, sender: participantId } }));
  }

  async #judge(error: unknown): Promise<void> {
    const { participant, policy, logger } = this.#options;
    logger.error('a handler failed', { participantId: participant.participantId, sessionId: participant.sessionId, error });
    try {
      if ((typeof policy === 'function' ? await policy(error, participant) : policy) === 'fail') this.#fail(error);
    } catch (failed) {
      this.#fail(failed);
    }
  }

  /** Whether SESSION_NOT_OPEN only says that the session has ended, or is suspended and the strategy will be called again. */
  async #isExcused(retried: boolean): Promise<boolean> {
    const { participant, logger, retryLater } = this.#options;
    const state = await readState(participant.session, logger);
    if (state === undefined || isTerminal(state)) return state !== undefined;
    if (retried) retryLater();
    return retried;
  }

  #fail(error: unknown): void {
    const { participantId, sessionId } = this.#options.participant;
    const what = isMacpError(error) ? describeError(error) : error instanceof Error ? error.name : typeof error;
    this.#failure ??= new MacpError('HANDLER_FAILED', `a handler of ${participantId} failed in session ${sessionId}: ${what}`, {
      cause: error,
      context: { sessionId, sender: participantId },
    });
    this.#options.fail();
  }
}
