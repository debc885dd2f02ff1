import { Auth, MacpClient } from '@macp-agent/core';
import { isMacpError, type Envelope } from '@macp-agent/protocol';
import { setTimeout as delay } from 'node:timers/promises';
import type { CompiledRun } from '../compile.js';
import type { Env } from '../launch/agent-env.js';
import type { AgentReport } from '../launch/agent-report.js';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';
import type { RunOutcome } from '../run/outcome.js';
import type { RunEvent } from '../run/run-event.js';
import { ensurePolicy } from '../run/register-policy.js';
import { systemReason } from '../system-reason.js';
import { historyEvents, recordCase, writeTranscript, type CaseRecord } from './case-record.js';
import type { KeptAgent } from './kept-agent.js';
import { KeptAgents, type Cast } from './kept-agents.js';
import { LiveCase, type CaseEnd } from './live-case.js';
import { Pace } from './pace.js';
import { SessionWatch } from './session-watch.js';

export interface BatchOptions {
  readonly runtime: RuntimeTarget;
  /** Reads the sessions and registers policies; sends no envelope. */
  readonly runnerToken: string;
  /** By participant id, the same for all cases. */
  readonly agentTokens: ReadonlyMap<string, string>;
  /** Sessions at a time. */
  readonly concurrency: number;
  /** Takes a transcript per case. */
  readonly runsDir: string;
  /** Takes the logs of the agents. */
  readonly logsDir: string;
  /** Environment to take the agents' allow-list from. Default: nothing. */
  readonly parentEnv?: Env | undefined;
  /** Limit of each case in milliseconds. Default: lifetime of its session plus its longest suspension plus 30 000. */
  readonly caseMs?: number | undefined;
  /** Aborting cancels the sessions that are being played and starts no further one. */
  readonly signal: AbortSignal;
  /** Told once when the runtime sets the pace, with the sessions a minute that it takes. */
  readonly onPaced?: ((perMinute: number) => void) | undefined;
}

/** One thing to decide. */
export interface BatchCase {
  /** The case, compiled with a session id of its own; called again for each further try. */
  readonly cast: () => Cast;
}

/** What a case came to. */
export interface BatchResult<T extends BatchCase> {
  readonly batchCase: T;
  readonly compiled: CompiledRun;
  readonly outcome: RunOutcome;
  /** Accepted envelopes in order. */
  readonly history: readonly Envelope[];
  /** From the first bootstrap handed out to the end of the session. */
  readonly durationMs: number;
  /** Undefined when it could not be written; `problem` says why. */
  readonly transcriptFile: string | undefined;
  readonly problem: string | undefined;
  /** The history as events, for people. */
  readonly events: () => RunEvent[];
}

const GRACE_MS = 1_000;
const TERM_MS = 700;
/** A case that is refused this often for its rate is none that pacing helps. */
const MAX_TRIES = 50;

/** Sessions played by agents that stay alive: one process per participant, whatever the number of cases. */
export class Batch implements AsyncDisposable {
  readonly #options: BatchOptions;
  readonly #client: MacpClient;
  readonly #agents: KeptAgents;
  readonly #watch: SessionWatch;
  readonly #live = new Map<string, LiveCase>();
  readonly #pace = new Pace();
  #paced = false;

  private constructor(options: BatchOptions, client: MacpClient) {
    this.#options = options;
    this.#client = client;
    this.#agents = new KeptAgents({
      runtime: options.runtime,
      agentTokens: options.agentTokens,
      parentEnv: options.parentEnv ?? {},
      folder: options.logsDir,
    });
    this.#watch = new SessionWatch(client);
  }

  /**
   * Registers the policies of these casts and starts their agents. Give one cast for each different set of agents and policy.
   * `refusing` names the agents that cannot be kept alive; then nothing runs and there is no batch.
   * Throws INVALID_OPTIONS, INVALID_BOOTSTRAP, UNKNOWN_POLICY_VERSION, or what the runtime answers.
   */
  static async open(casts: readonly Cast[], options: BatchOptions): Promise<{ readonly batch?: Batch; readonly refusing: readonly string[] }> {
    const { runtime, runnerToken, signal } = options;
    const client = new MacpClient({
      address: runtime.address,
      secure: runtime.tls ?? true,
      allowInsecure: runtime.allowInsecure ?? false,
      auth: Auth.bearer(runnerToken),
    });
    let batch: Batch | undefined;
    try {
      await client.initialize({ signal });
      const policies = new Map(casts.map(({ compiled }) => [compiled.initiator.sessionStart.policyVersion, compiled.policy]));
      for (const [policyVersion, policy] of policies) await ensurePolicy(client, policyVersion, policy, { signal });
      const opened = new Batch(options, client);
      batch = opened;
      const refusing = await opened.#agents.start(casts, {
        onReport: (participantId, report) => opened.#onReport(participantId, report),
        onLost: (agent, reason) => opened.#onLost(agent, reason),
      });
      if (refusing.length === 0) return { batch, refusing };
      await batch.close();
      return { refusing };
    } catch (error) {
      if (batch === undefined) client.close();
      else await batch.close();
      throw error;
    }
  }

  /** Agent processes. */
  get processes(): number {
    return this.#agents.size;
  }

  /**
   * Plays all cases and hands over each result as soon as it is there. A case that RATE_LIMITED stopped is played again later; one
   * whose agent died is played again alone, at the end. Cases that an abort stopped have no result.
   */
  async play<T extends BatchCase>(cases: readonly T[], onResult: (result: BatchResult<T>) => void): Promise<void> {
    const suspects: T[] = [];
    let next = 0;
    const failed = new AbortController();
    const work = async (): Promise<void> => {
      while (next < cases.length && !this.#options.signal.aborted && !failed.signal.aborted) {
        const batchCase = cases[next] as T;
        next += 1;
        const result = await this.#playCase(batchCase);
        if (result === 'suspect') suspects.push(batchCase);
        else if (result !== undefined) onResult(result);
      }
    };
    const lanes = Array.from({ length: Math.min(this.#options.concurrency, cases.length) }, work);
    for (const lane of lanes) lane.catch(() => failed.abort());
    await Promise.all(lanes);
    for (const batchCase of suspects) {
      const result = await this.#playCase(batchCase, true);
      if (result !== undefined && result !== 'suspect') onResult(result);
    }
  }

  /** Ends the agents. Idempotent. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.#agents.stop(this.#options.signal.aborted ? 0 : GRACE_MS, TERM_MS);
    this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Undefined after an abort; `suspect` when an agent died meanwhile, for which it may or may not be the reason. */
  async #playCase<T extends BatchCase>(batchCase: T, alone = false): Promise<BatchResult<T> | 'suspect' | undefined> {
    const { signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      await this.#untilDue();
      if (signal.aborted) return undefined;
      const cast = batchCase.cast();
      const began = performance.now();
      const live = await this.#start(cast);
      let end: CaseEnd;
      this.#live.set(live.sessionId, live);
      this.#pace.started();
      try {
        end = await live.play();
      } finally {
        this.#live.delete(live.sessionId);
      }
      const durationMs = performance.now() - began;
      if (end.by === 'abort') return undefined;
      if (end.by === 'rate' && attempt < MAX_TRIES) {
        this.#slowDown();
        continue;
      }
      if (end.by === 'lost' && !alone) return 'suspect';
      return await this.#result(batchCase, cast.compiled, live, end, durationMs);
    }
  }

  async #start(cast: Cast): Promise<LiveCase> {
    const { agentTokens, runtime, signal } = this.#options;
    const { ttlMs, maxSuspendMs = 0 } = cast.compiled.initiator.sessionStart;
    return new LiveCase({
      cast,
      agents: await this.#agents.of(cast),
      agentTokens,
      runtime,
      client: this.#client,
      watch: this.#watch,
      limitMs: this.#options.caseMs ?? ttlMs + maxSuspendMs + 30_000,
      signal,
    });
  }

  async #result<T extends BatchCase>(batchCase: T, compiled: CompiledRun, live: LiveCase, end: CaseEnd, durationMs: number): Promise<BatchResult<T>> {
    const ended =
      end.by === 'session'
        ? end
        : ({ by: 'session', state: 'CANCELLED', reason: end.by === 'lost' ? end.reason : 'the runtime takes no more messages' } as const);
    let history: Envelope[] = [];
    let problem: string | undefined;
    if (ended.state !== 'NONE') {
      try {
        history = await live.history(ended.state);
      } catch (error) {
        if (!isMacpError(error)) throw error;
        problem = `its history cannot be read: ${error.message}`;
      }
    }
    const record = recordCase(compiled, live, ended, history);
    const outcome = end.by === 'lost' ? { ...record.outcome, lost: end.participantId } : record.outcome;
    const written = await this.#write(compiled, { ...record, outcome }, durationMs);
    return {
      batchCase,
      compiled,
      outcome,
      history,
      durationMs,
      transcriptFile: written.file,
      problem: problem ?? written.problem,
      events: () => historyEvents(history),
    };
  }

  async #write(compiled: CompiledRun, record: CaseRecord, durationMs: number): Promise<{ file?: string; problem?: string }> {
    try {
      return { file: await writeTranscript(this.#options.runsDir, compiled, record, Math.round(durationMs)) };
    } catch (error) {
      return { problem: `its transcript cannot be written: ${systemReason(error)}` };
    }
  }

  async #untilDue(): Promise<void> {
    const { signal } = this.#options;
    for (let ms = this.#pace.waitMs; ms > 0 && !signal.aborted; ms = this.#pace.waitMs) {
      try {
        await delay(ms, undefined, { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  #slowDown(): void {
    this.#pace.refused();
    if (this.#paced) return;
    this.#paced = true;
    this.#options.onPaced?.(this.#pace.perMinute);
  }

  #onReport(participantId: string, report: AgentReport & { readonly sessionId?: string }): void {
    if (report.sessionId !== undefined) this.#live.get(report.sessionId)?.report(participantId, report);
  }

  #onLost(agent: KeptAgent, reason: string): void {
    for (const live of this.#live.values()) live.lost(agent, reason);
  }
}
