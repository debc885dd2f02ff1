import type { Logger } from '../logger.js';
import type { Session } from '../session/session.js';
import type { ReportSink } from './agent-report.js';
import type { CancelCallbackBootstrap } from './bootstrap.js';
import { cancelAsSelf } from './cancel-as-self.js';
import { startCancelCallbackServer, type CancelCallbackServer, type CancelOutcome } from './cancel-callback-server.js';

export interface OwnCancelOptions {
  readonly session: Session;
  readonly participantId: string;
  readonly report: ReportSink;
  readonly logger: Logger;
  /** The runtime says that the session is over. */
  readonly onCancelled: (state: 'CANCELLED' | 'EXPIRED', reason: string) => void;
}

/** Cancelling by this agent, from its own code and through its cancel listener: one way for both, with the agent's own identity. */
export class OwnCancel {
  readonly #options: OwnCancelOptions;
  #server: CancelCallbackServer | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: OwnCancelOptions) {
    this.#options = options;
  }

  /** Where the listener can be reached; undefined without one. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** Starts the listener that a bootstrap asks for, unless one is attached. */
  async listen(config: CancelCallbackBootstrap | undefined, runId: string | undefined): Promise<void> {
    if (config === undefined || this.#server !== undefined) return;
    this.#server = await startCancelCallbackServer({
      ...config,
      runId,
      logger: this.#options.logger,
      onCancel: (_runId, reason) => this.cancel(reason),
    });
  }

  /** A listener that somebody else has started, to close with this agent. */
  attach(server: CancelCallbackServer): void {
    this.#server = server;
  }

  /** Fails with what the runtime refused, after reporting it. */
  cancel(reason: string): Promise<CancelOutcome> {
    const cancelling = this.#cancel(reason);
    // Whoever asked for the cancel gets its error.
    this.#pending = cancelling.then(
      () => undefined,
      () => undefined,
    );
    return cancelling;
  }

  /** Resolves when the last cancel has its answer: the watch may tell of the end before. */
  async settled(): Promise<void> {
    await this.#pending;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #cancel(reason: string): Promise<CancelOutcome> {
    const state = await cancelAsSelf(this.#options, reason);
    if (state === 'CANCELLED' || state === 'EXPIRED') this.#options.onCancelled(state, reason);
    return { state };
  }
}
