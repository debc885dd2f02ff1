import { Auth, type MacpClient } from '@macp-agent/core';
import { fromWireState, isMacpError, isTerminal, withoutCode, type Envelope, type SessionState } from '@macp-agent/protocol';
import type { AgentReport } from '../launch/agent-report.js';
import { bootstrapDocument, type RuntimeTarget } from '../launch/bootstrap-document.js';
import type { Refused } from '../run/outcome.js';
import type { KeptAgent } from './kept-agent.js';
import type { Cast } from './kept-agents.js';
import { LiveHistory } from './live-history.js';
import { readHistory, type HistoryOptions } from './read-history.js';
import type { SessionWatch } from './session-watch.js';

/** How one try of a case ended. */
export type CaseEnd =
  /** The session has ended, by itself or because the runner cancelled it for `reason`. */
  | { readonly by: 'session'; readonly state: SessionState | 'NONE'; readonly reason: string | undefined }
  /** RATE_LIMITED was in its way: to be played again, later. */
  | { readonly by: 'rate' }
  /** An agent process has gone while it took part: to be played again, alone. */
  | { readonly by: 'lost'; readonly participantId: string; readonly reason: string }
  /** Told to stop. */
  | { readonly by: 'abort' };

export interface LiveCaseParts {
  readonly cast: Cast;
  readonly agents: ReadonlyMap<string, KeptAgent>;
  readonly agentTokens: ReadonlyMap<string, string>;
  readonly runtime: RuntimeTarget;
  readonly client: MacpClient;
  readonly watch: SessionWatch;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

type Cause = CaseEnd | { readonly by: 'runner'; readonly reason: string };

const CANCEL_MS = 5_000;
/** The reason of a cancel comes from the initiator, after the runtime has told of it. */
const REASON_MS = 1_000;
const MAX_REFUSED = 100;

/** One session that is being played by kept agents. */
export class LiveCase {
  readonly refused: Refused[] = [];
  suspensions = 0;
  readonly #parts: LiveCaseParts;
  readonly #initiator: string;
  readonly #over: Promise<Cause>;
  readonly #readable: HistoryOptions;
  readonly #history: LiveHistory;
  #end: (cause: Cause) => void = () => undefined;
  #othersCalled = false;
  #rateLimited = false;
  #reason: string | undefined;
  #tellReason: () => void = () => undefined;
  #state: SessionState | undefined;

  constructor(parts: LiveCaseParts) {
    this.#parts = parts;
    this.#initiator = parts.cast.compiled.initiator.participantId;
    this.#readable = { client: parts.client, sessionId: this.sessionId, initiatorToken: parts.agentTokens.get(this.#initiator) ?? '' };
    this.#history = new LiveHistory(this.#readable);
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get sessionId(): string {
    return this.#parts.cast.compiled.sessionId;
  }

  /** Plays it to its end; an end that is not the session's own is made one. */
  async play(): Promise<CaseEnd> {
    const { watch, limitMs, signal } = this.#parts;
    const unfollow = watch.follow(this.sessionId, (state) => this.#onState(state));
    const timer = setTimeout(() => this.#end({ by: 'runner', reason: `the run did not end within ${limitMs} ms` }), limitMs);
    const onAbort = (): void => this.#end({ by: 'abort' });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else {
      this.#give(this.#initiator);
      // The others are called when the session is there, so that none of them has to wait for it.
      if (watch.isBlind) this.#callOthers();
    }
    try {
      const end = await this.#settle(await this.#over);
      if (end.by !== 'session') this.#history.cancel();
      return end;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      unfollow();
    }
  }

  /** The accepted envelopes, when it has ended. Throws what the runtime answers. */
  async history(state: SessionState | 'NONE'): Promise<Envelope[]> {
    return (await this.#history.finish(state)) ?? (await readHistory(this.#readable));
  }

  report(participantId: string, report: AgentReport): void {
    if (report.type === 'refused') {
      const { code, messageType = '', step } = report;
      if (code === 'RATE_LIMITED') this.#rateLimited = true;
      if (this.refused.length < MAX_REFUSED)
        this.refused.push({
          participantId,
          code,
          message: withoutCode(code, report.message),
          messageType,
          ...(step === undefined ? {} : { step: typeof step === 'number' ? `step ${step}` : step }),
        });
    } else if (report.type === 'ended') this.#onEnded(participantId, report.state, report.reason);
  }

  /** One of the agent processes has gone. */
  lost(agent: KeptAgent, reason: string): void {
    if ([...this.#parts.agents.values()].includes(agent)) this.#end({ by: 'lost', participantId: agent.participantId, reason });
  }

  #onEnded(participantId: string, state: string, reason: string | undefined): void {
    const failed = state === 'FAILED' || state === 'STOPPED';
    if (failed && this.#rateLimited) this.#end({ by: 'rate' });
    else if (participantId !== this.#initiator) return;
    else if (failed) this.#end({ by: 'runner', reason: `${participantId} left the session: ${reason ?? state}` });
    else this.#end({ by: 'session', state: state as SessionState, reason: undefined });
    this.#reason = reason === '' ? undefined : reason;
    this.#tellReason();
  }

  #onState(state: SessionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#history.start();
    if (state === 'SUSPENDED') this.suspensions += 1;
    this.#callOthers();
    if (isTerminal(state)) this.#end({ by: 'session', state, reason: undefined });
  }

  #callOthers(): void {
    if (this.#othersCalled) return;
    this.#othersCalled = true;
    for (const participantId of this.#parts.agents.keys()) if (participantId !== this.#initiator) this.#give(participantId);
  }

  #give(participantId: string): void {
    const { cast, agents, agentTokens, runtime } = this.#parts;
    const { compiled } = cast;
    const token = agentTokens.get(participantId) ?? '';
    agents
      .get(participantId)
      ?.give(bootstrapDocument({ compiled, participantId, token, runtime, framework: cast.agents.get(participantId)?.framework ?? 'custom' }));
  }

  async #settle(cause: Cause): Promise<CaseEnd> {
    if (cause.by === 'session') {
      if (cause.state === 'CANCELLED' && this.#reason === undefined) await this.#untilReason();
      return { ...cause, reason: cause.state === 'CANCELLED' ? this.#reason : undefined };
    }
    const reason = cause.by === 'rate' ? 'the runtime takes no more messages for now' : cause.by === 'abort' ? 'cancelled at the terminal' : cause.reason;
    const state = await this.#cancel(reason);
    if (cause.by !== 'runner') return cause;
    return { by: 'session', state: state ?? 'NONE', reason: state === 'RESOLVED' ? undefined : reason };
  }

  async #untilReason(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#tellReason = resolve;
      timer = setTimeout(resolve, REASON_MS);
    });
    clearTimeout(timer);
  }

  /** With the identity of the initiator: by default only it may (RFC-MACP-0001 §7.2). Undefined when there is no session or no answer. */
  async #cancel(reason: string): Promise<SessionState | undefined> {
    const { client, agentTokens } = this.#parts;
    try {
      const auth = Auth.bearer(agentTokens.get(this.#initiator) ?? '');
      const ack = await client.cancelSession(this.sessionId, reason, { auth, timeoutMs: CANCEL_MS });
      return fromWireState(ack.sessionState);
    } catch (error) {
      if (!isMacpError(error)) throw error;
      // None was started, or it expires by itself.
      return this.#state;
    }
  }
}
