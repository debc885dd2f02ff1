import { isMacpError, MacpError, type SessionMetadata } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import type { MacpClient } from '../client.js';
import { silentLogger, type Logger } from '../logger.js';
import { backoffMs, sleep } from '../rpc/retry.js';
import { Participant } from './participant.js';
import type { HandlerErrorPolicy } from './participant-config.js';
import type { ParticipantResult } from './participant-result.js';

/** What `serveAgent` takes. */
export interface ServeAgentOptions {
  readonly client: MacpClient;
  /** Sender id of this agent: it joins every open session that names it as a participant. */
  readonly participantId: string;
  /** Default: the credential of the client. */
  readonly auth?: AuthConfig | undefined;
  /** Called for each session before it is joined: adds handlers and strategies. */
  readonly setUp: (participant: Participant, session: SessionMetadata) => void;
  /** Modes to serve. Default: all. */
  readonly modes?: readonly string[] | undefined;
  /** Sessions at the same time; default 16. More wait. */
  readonly concurrency?: number | undefined;
  /** Sessions that may wait; default 1000. More are left out, with a warning and `onSkipped`. */
  readonly maxWaiting?: number | undefined;
  readonly onSkipped?: ((sessionId: string) => void) | undefined;
  /** Called when the agent has ended in a session; `error` is set when its run failed, which ends nothing else. */
  readonly onEnded?: ((sessionId: string, result: ParticipantResult | undefined, error: unknown) => void) | undefined;
  readonly onHandlerError?: HandlerErrorPolicy | undefined;
  /** Aborting is the same as `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

/** An agent that serves many sessions. */
export interface AgentService extends AsyncDisposable {
  /** Sessions it takes part in now. */
  readonly active: number;
  readonly waiting: number;
  /** Resolves when the service has closed; rejects when the runtime refuses to tell about sessions. */
  readonly done: Promise<void>;
  /** Takes no further session, lets those in progress end for `graceMs` (default 30 000), then leaves them. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

const RECONNECT = { baseMs: 100, maxMs: 5_000 };
/** Ended sessions that are remembered, so that a late event does not make the agent join again. */
const REMEMBERED = 10_000;
const TERMINAL = /RESOLVED|EXPIRED|CANCELLED/;

/**
 * Serves every session that names this identity, in one process: follows WatchSessions and runs one participant per session.
 * Reconnects for as long as it runs. Needs no bootstrap; the sessions are started by others.
 */
export function serveAgent(options: ServeAgentOptions): AgentService {
  return new Service(options);
}

class Service implements AgentService {
  readonly done: Promise<void>;
  readonly #options: ServeAgentOptions;
  readonly #logger: Logger;
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  readonly #active = new Map<string, { readonly participant: Participant; readonly ended: Promise<void> }>();
  readonly #waiting = new Map<string, SessionMetadata>();
  readonly #ended = new Set<string>();
  readonly #watching = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: ServeAgentOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#concurrency = atLeastOne(options.concurrency ?? 16, 'concurrency');
    this.#maxWaiting = atLeastOne(options.maxWaiting ?? 1_000, 'maxWaiting');
    const { signal } = options;
    const onAbort = (): void => void this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    this.done = this.#serve().finally(() => signal?.removeEventListener('abort', onAbort));
    // `close` awaits it too; whoever looks at neither must not be ended by it.
    this.done.catch((error: unknown) => this.#logger.error('the agent service ended', { error }));
  }

  get active(): number {
    return this.#active.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  close(graceMs = 30_000): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#watching.abort();
    this.#waiting.clear();
    const timer = setTimeout(() => {
      for (const { participant } of this.#active.values()) participant.stop('the agent service is closing');
    }, graceMs);
    try {
      await Promise.all([...this.#active.values()].map(({ ended }) => ended));
    } finally {
      clearTimeout(timer);
    }
  }

  async #serve(): Promise<void> {
    const { signal } = this.#watching;
    const { client, auth } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        for await (const { session } of client.watchSessions({ signal, ...(auth !== undefined && { auth }) })) {
          attempt = 0;
          if (session !== undefined) this.#consider(session);
        }
      } catch (error) {
        if (signal.aborted) break;
        if (!isMacpError(error) || !error.retryable) {
          await this.close(0);
          throw error;
        }
        this.#logger.warn('WatchSessions failed and is tried again', { code: error.code });
      }
      await pause(backoffMs(Math.max(1, attempt), RECONNECT), signal);
    }
    await this.#closing;
  }

  #consider(session: SessionMetadata): void {
    const { participantId, modes, onSkipped } = this.#options;
    const { sessionId } = session;
    if (TERMINAL.test(session.state)) {
      this.#waiting.delete(sessionId);
      return;
    }
    if (!session.participants.includes(participantId) || (modes !== undefined && !modes.includes(session.mode))) return;
    if (this.#active.has(sessionId) || this.#waiting.has(sessionId) || this.#ended.has(sessionId)) return;
    if (this.#active.size < this.#concurrency) this.#join(session);
    else if (this.#waiting.size < this.#maxWaiting) this.#waiting.set(sessionId, session);
    else {
      this.#logger.warn('too many sessions are waiting; one is left out', { sessionId, maxWaiting: this.#maxWaiting });
      onSkipped?.(sessionId);
    }
  }

  #join(session: SessionMetadata): void {
    const { client, auth, participantId, setUp, onHandlerError, logger } = this.#options;
    const { sessionId, mode, modeVersion, configurationVersion, policyVersion } = session;
    const participant = new Participant({
      client,
      auth,
      participantId,
      sessionId,
      mode,
      modeVersion,
      configurationVersion,
      policyVersion,
      onHandlerError,
      logger,
    });
    this.#active.set(sessionId, { participant, ended: this.#runOne(participant, () => setUp(participant, session)) });
  }

  async #runOne(participant: Participant, setUp: () => void): Promise<void> {
    const { sessionId } = participant;
    const { onEnded } = this.#options;
    try {
      // Not before the caller has put this session into the table.
      await Promise.resolve();
      setUp();
      const result = await participant.run();
      onEnded?.(sessionId, result, undefined);
    } catch (error) {
      this.#logger.error('the agent failed in one session', { sessionId, error });
      onEnded?.(sessionId, undefined, error);
    } finally {
      this.#active.delete(sessionId);
      this.#remember(sessionId);
      this.#next();
    }
  }

  #remember(sessionId: string): void {
    this.#ended.add(sessionId);
    if (this.#ended.size <= REMEMBERED) return;
    for (const oldest of this.#ended) {
      this.#ended.delete(oldest);
      return;
    }
  }

  #next(): void {
    for (const [sessionId, session] of this.#waiting) {
      if (this.#active.size >= this.#concurrency) return;
      this.#waiting.delete(sessionId);
      this.#join(session);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, signal, 'WatchSessions');
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function atLeastOne(value: number, name: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new MacpError('INVALID_OPTIONS', `${name} must be a whole number from 1, got ${value}`);
}
