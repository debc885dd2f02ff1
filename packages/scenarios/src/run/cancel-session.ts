import { Auth, type MacpClient } from '@macp-agent/core';
import { isMacpError, fromWireState, type SessionState } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import { cancelRun } from './cancel-run.js';

interface CancellerOptions {
  readonly client: MacpClient;
  readonly compiled: CompiledRun;
  /** Credential of the initiator: by default only it may cancel (RFC-MACP-0001 §7.2). */
  readonly initiatorToken: string;
  /** For each request. */
  readonly timeoutMs: number;
  /** Aborting gives up the request under way and makes every later one answer undefined. */
  readonly signal: AbortSignal | undefined;
  readonly note: (text: string) => void;
}

/** How a runner ends a session that its agents do not end: first it asks the initiator, then it uses the token that it gave to the initiator. */
export class SessionCanceller {
  readonly #options: CancellerOptions;

  constructor(options: CancellerOptions) {
    this.#options = options;
  }

  /** Asks the callback of a running initiator. True when it agreed; why it did not becomes a note. */
  async askInitiator(callback: { readonly url: string; readonly bearer: string }, reason: string): Promise<boolean> {
    const { compiled, timeoutMs, signal, note } = this.#options;
    if (signal?.aborted === true) return false;
    try {
      await cancelRun({ runId: compiled.runId, ...callback }, reason, { timeoutMs, signal });
      return true;
    } catch (error) {
      if (!isMacpError(error)) throw error;
      note(`was asked to cancel: ${error.message}`);
      return false;
    }
  }

  /** CancelSession with the initiator's identity; the state that the runtime answers, or undefined when there is no session or no answer. */
  async asInitiator(reason: string): Promise<SessionState | undefined> {
    const { client, compiled, initiatorToken, timeoutMs, signal, note } = this.#options;
    if (signal?.aborted === true) return undefined;
    try {
      const ack = await client.cancelSession(compiled.sessionId, reason, { auth: Auth.bearer(initiatorToken), timeoutMs, signal });
      return fromWireState(ack.sessionState);
    } catch (error) {
      if (!isMacpError(error)) throw error;
      if (error.code !== 'SESSION_NOT_FOUND') note(`cannot be cancelled with its token: ${error.message}`);
      return undefined;
    }
  }
}
