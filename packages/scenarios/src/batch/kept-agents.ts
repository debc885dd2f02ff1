import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { Env } from '../launch/agent-env.js';
import type { AgentReport } from '../launch/agent-report.js';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';
import type { AgentLaunch } from '../launch/load-agents.js';
import { systemReason } from '../system-reason.js';
import { KeptAgent } from './kept-agent.js';

export interface KeptAgentsOptions {
  readonly runtime: RuntimeTarget;
  /** By participant id. */
  readonly agentTokens: ReadonlyMap<string, string>;
  readonly parentEnv: Env;
  /** Folder of their logs. */
  readonly folder: string;
}

/** What happens to the agents, for whoever plays a session with them. */
export interface KeptAgentsListener {
  onReport(participantId: string, report: AgentReport & { readonly sessionId?: string }): void;
  onLost(agent: KeptAgent, reason: string): void;
}

/** A run and how its agents are started. */
export interface Cast {
  readonly compiled: CompiledRun;
  readonly agents: ReadonlyMap<string, AgentLaunch>;
}

interface Place {
  readonly make: () => KeptAgent;
  agent: KeptAgent;
  /** Settles with whether it serves; anew after each restart. */
  ready: Promise<boolean>;
}

/** One process per participant, for all runs of a batch. Runs whose participant is played by another program have one more. */
export class KeptAgents {
  readonly #options: KeptAgentsOptions;
  readonly #places = new Map<string, Place>();
  #listener: KeptAgentsListener | undefined;
  #stopping = false;

  /** Throws INVALID_OPTIONS when the folder cannot be created. */
  constructor(options: KeptAgentsOptions) {
    this.#options = options;
    try {
      mkdirSync(options.folder, { recursive: true });
    } catch (error) {
      throw new MacpError('INVALID_OPTIONS', `cannot create the folder ${options.folder} for the logs of the agents: ${systemReason(error)}`, { cause: error });
    }
  }

  /** Processes that run. */
  get size(): number {
    return this.#places.size;
  }

  /** Starts every agent of these runs; the names of those that cannot be kept alive, with which nothing can be played. */
  async start(casts: Iterable<Cast>, listener: KeptAgentsListener): Promise<string[]> {
    this.#listener = listener;
    const refusing = new Set<string>();
    for (const cast of casts) {
      for (const { participantId, agentRef } of cast.compiled.participantBindings) {
        const launch = cast.agents.get(participantId);
        if (launch === undefined || launch.external) refusing.add(agentRef);
        else this.#place(cast, participantId, launch);
      }
    }
    if (refusing.size > 0) return [...refusing];
    const places = [...this.#places.values()];
    const ready = await Promise.all(places.map((place) => place.ready));
    return [...new Set(places.filter((_place, index) => ready[index] !== true).map(({ agent }) => agent.participantId))];
  }

  /** The agents of a run, by participant id; waits for one that is being started again. Throws AGENT_NOT_FOUND when that fails. */
  async of(cast: Cast): Promise<Map<string, KeptAgent>> {
    const found = new Map<string, KeptAgent>();
    for (const { participantId } of cast.compiled.participantBindings) {
      const launch = cast.agents.get(participantId);
      const place = launch === undefined ? undefined : this.#places.get(this.#key(participantId, launch));
      if (place === undefined || !(await place.ready))
        throw new MacpError('AGENT_NOT_FOUND', `agent ${participantId} cannot be started again; its log: ${place?.agent.logFile ?? 'none'}`);
      found.set(participantId, place.agent);
    }
    return found;
  }

  /** Ends all. Idempotent. */
  async stop(graceMs: number, termMs: number): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#places.values()].map(({ agent }) => agent.stop(graceMs, termMs)));
  }

  #key(participantId: string, launch: AgentLaunch): string {
    return JSON.stringify([participantId, launch]);
  }

  #place({ compiled }: Cast, participantId: string, launch: AgentLaunch): void {
    const key = this.#key(participantId, launch);
    if (this.#places.has(key)) return;
    const token = this.#options.agentTokens.get(participantId);
    if (token === undefined)
      throw new MacpError(
        'INVALID_BOOTSTRAP',
        `bootstrap.runtime.bearerToken is required: there is no token for the sender ${participantId} (onboarding step 3)`,
      );
    const name = participantId.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
    const logFile = join(this.#options.folder, `${name}${this.#places.size === 0 ? '' : `-${this.#places.size + 1}`}.log`);
    const { runtime, parentEnv } = this.#options;
    const make = (): KeptAgent => {
      const agent = new KeptAgent({
        participantId,
        launch,
        token,
        compiled,
        runtime,
        parentEnv,
        logFile,
        onReport: (report) => this.#listener?.onReport(participantId, report),
        onLost: (exit) => {
          const how = exit.signal === undefined ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
          this.#restart(key, agent);
          this.#listener?.onLost(agent, `agent ${participantId} ${how} before the session ended; its log: ${logFile}`);
        },
      });
      return agent;
    };
    const agent = make();
    this.#places.set(key, { make, agent, ready: agent.serves() });
  }

  #restart(key: string, lost: KeptAgent): void {
    const place = this.#places.get(key);
    if (place === undefined || place.agent !== lost || this.#stopping) return;
    place.agent = place.make();
    place.ready = place.agent.serves();
  }
}
